-- The server as Neovim starts it; see |lsp-config|. Change it with vim.lsp.config('pilotfish', …).

local options = require('pilotfish').options

--- What was found is shown before it is applied.
local function search(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  require('pilotfish.commands').search(client, command)
end

---@type vim.lsp.Config
return {
  cmd = options.cmd,
  filetypes = { 'python' },
  root_markers = { { 'pyproject.toml', 'setup.cfg' }, '.git' },
  init_options = options.init_options,
  -- Hover, members and references are left to another server for Python where one is enabled.
  before_init = function(params)
    local others = vim.tbl_filter(vim.lsp.is_enabled, {
      'basedpyright',
      'jedi_language_server',
      'pylsp',
      'pyrefly',
      'pyright',
      'ty',
    })
    if #others > 0 then
      local said = params.initializationOptions or {}
      params.initializationOptions = vim.tbl_extend('keep', said, { otherServers = others })
    end
  end,
  -- What lenses and actions answer is shown here, not told in a message.
  commands = {
    ['pilotfish.repair'] = search,
    ['pilotfish.implement'] = search,
    ['pilotfish.optimize'] = search,
    ['pilotfish.debug'] = function(command, context)
      local client = assert(vim.lsp.get_client_by_id(context.client_id))
      require('pilotfish.commands').debug(client, command.arguments[1])
    end,
  },
  handlers = {
    ['pilotfish/withdrawn'] = function(_, withdrawn)
      require('pilotfish.ghost').withdraw(vim.uri_to_bufnr(withdrawn.uri), withdrawn.text)
    end,
  },
  -- Neovim does these things and does not say so: it checks versions of documentChanges, and this
  -- plugin asks for inline completion where Neovim itself does not.
  capabilities = {
    workspace = { workspaceEdit = { documentChanges = true } },
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
    experimental = { pilotfish = { traceView = true, repairPreview = true, withdrawals = true } },
  },
}
