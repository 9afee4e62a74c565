-- The server as Neovim starts it; see |lsp-config|. Change it with vim.lsp.config('pilotfish', …).

local options = require('pilotfish').options

---@type vim.lsp.Config
return {
  cmd = options.cmd,
  filetypes = { 'python' },
  root_markers = { { 'pyproject.toml', 'setup.cfg' }, '.git' },
  init_options = options.init_options,
  -- Neovim does these things and does not say so: it checks versions of documentChanges, and this
  -- plugin asks for inline completion where Neovim itself does not.
  capabilities = {
    workspace = { workspaceEdit = { documentChanges = true } },
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
  },
}
