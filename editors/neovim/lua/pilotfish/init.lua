-- Options, and what is done with a buffer that the server looks at.

local M = {}

---@class pilotfish.Keys
---@field accept string|false accept the whole suggestion
---@field accept_word string|false accept its next word
---@field accept_line string|false accept its next line
---@field dismiss string|false hide it

---@class pilotfish.Options
---@field cmd string[] how the server is started
---@field ghost boolean show suggestions while typing
---@field native boolean? use Neovim's own inline completion; nil: where there is one
---@field keys pilotfish.Keys keys in insert mode; false for none
---@field init_options table what the server is told; see docs/editors.md

---@type pilotfish.Options
M.options = {
  cmd = { 'pilotfish', 'serve' },
  ghost = true,
  native = nil,
  keys = {
    accept = '<Tab>',
    accept_word = '<M-w>',
    accept_line = '<M-l>',
    dismiss = '<C-]>',
  },
  init_options = vim.empty_dict(),
}

--- Change options and start the server for Python files.
---@param options? table
function M.setup(options)
  M.options = vim.tbl_deep_extend('force', M.options, options or {})
  vim.lsp.enable('pilotfish')
end

--- The running server for a buffer, if there is one.
---@param bufnr? integer
---@return vim.lsp.Client?
function M.client(bufnr)
  return vim.lsp.get_clients({ name = 'pilotfish', bufnr = bufnr or 0 })[1]
end

--- Whether Neovim's own inline completion is used rather than this plugin's.
---@return boolean
function M.is_native()
  if M.options.native == nil then
    return vim.lsp.inline_completion ~= nil
  end
  return M.options.native
end

--- What shows suggestions in this Neovim.
local function ghost()
  return require(M.is_native() and 'pilotfish.native' or 'pilotfish.ghost')
end

--- Called when the server attaches to a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  if not M.options.ghost then
    return
  end
  ghost().attach(client, bufnr)
  local actions = {
    accept = function()
      return ghost().accept('whole')
    end,
    accept_word = function()
      return ghost().accept('word')
    end,
    accept_line = function()
      return ghost().accept('line')
    end,
    dismiss = function()
      return ghost().dismiss()
    end,
  }
  for name, action in pairs(actions) do
    if M.options.keys[name] then
      require('pilotfish.keys').map(bufnr, M.options.keys[name], action, 'Pilotfish: ' .. name)
    end
  end
end

--- Accept the suggestion that is shown, or a part of it.
---@param part? 'whole'|'word'|'line'
---@return boolean whether there was one
function M.accept(part)
  return ghost().accept(part or 'whole')
end

--- Hide the suggestion that is shown.
---@return boolean whether there was one
function M.dismiss()
  return ghost().dismiss()
end

--- Ask for a suggestion now.
function M.suggest()
  ghost().suggest()
end

--- Whether a suggestion is shown.
---@return boolean
function M.is_visible()
  return ghost().is_visible()
end

return M
