-- Options, and what is done with a buffer that the server looks at.

local M = {}

---@class pilotfish.Keys
---@field accept string|false accept the whole suggestion
---@field accept_word string|false accept its next word
---@field accept_line string|false accept its next line
---@field next string|false show the next alternative
---@field previous string|false show the one before
---@field dismiss string|false hide it
---@field next_edit string|false go to the next place that must follow an edit, then change it

---@class pilotfish.Options
---@field cmd string[] how the server is started
---@field ghost boolean show suggestions while typing
---@field next_edits boolean mark the next place that must follow an edit
---@field native boolean? use Neovim's own inline completion; nil: where there is one
---@field keys pilotfish.Keys keys in insert mode (`next_edit`: in normal mode as well); false for none
---@field init_options table what the server is told; see docs/editors.md

---@type pilotfish.Options
M.options = {
  cmd = { 'pilotfish', 'serve' },
  ghost = true,
  next_edits = true,
  native = nil,
  keys = {
    accept = '<Tab>',
    accept_word = '<M-w>',
    accept_line = '<M-l>',
    next = '<M-]>',
    previous = '<M-[>',
    dismiss = '<C-]>',
    next_edit = '<M-n>',
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

--- What runs, by the token of its progress.
---@type table<string|integer, { title: string, said: string }>
local running = {}

--- What the server is busy with, for a statusline: "Repairing cart.py 40 %", or "".
---@return string
function M.progress()
  local parts = {}
  for _, work in vim.spairs(running) do
    parts[#parts + 1] = vim.trim(work.title .. ' ' .. work.said)
  end
  return table.concat(parts, ', ')
end

--- Called when the server says how far it is: shows it in the message line.
---@param params { token: string|integer, value: table }
function M.on_progress(params)
  local value = params.value
  if value.kind == 'end' then
    running[params.token] = nil
    vim.api.nvim_echo({ { '' } }, false, {})
  else
    local before = running[params.token] or { title = value.title or 'Pilotfish', said = '' }
    if value.percentage or value.message then
      local share = value.percentage and value.percentage .. ' %' or ''
      before.said = vim.trim(share .. ' ' .. (value.message or ''))
    end
    running[params.token] = before
    local room = vim.o.columns - 30
    local said = vim.fn.strcharpart(M.progress():gsub('%s+', ' '), 0, room)
    vim.api.nvim_echo({ { said .. '   (:Pilotfish stop)', 'Comment' } }, false, {})
  end
  vim.cmd.redrawstatus()
  vim.api.nvim_exec_autocmds('User', { pattern = 'PilotfishProgress', modeline = false })
end

--- Stop what runs; what it has found until then is shown.
---@param client vim.lsp.Client
---@return boolean whether anything ran
function M.stop(client)
  for token in pairs(running) do
    client:notify('window/workDoneProgress/cancel', { token = token })
  end
  return next(running) ~= nil
end

--- What the keys of suggestions do.
---@return table<string, fun(): boolean>
local function ghost_actions()
  return {
    accept = function()
      return ghost().accept('whole')
    end,
    accept_word = function()
      return ghost().accept('word')
    end,
    accept_line = function()
      return ghost().accept('line')
    end,
    next = function()
      return ghost().turn(1)
    end,
    previous = function()
      return ghost().turn(-1)
    end,
    dismiss = function()
      return ghost().dismiss()
    end,
  }
end

--- Called when the server attaches to a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local actions = {}
  if M.options.next_edits then
    require('pilotfish.next_edit').attach(client, bufnr)
    actions.next_edit = M.follow_edit
  end
  if M.options.ghost then
    ghost().attach(client, bufnr)
    actions = vim.tbl_extend('error', actions, ghost_actions())
  end
  local map = require('pilotfish.keys').map
  for name, action in pairs(actions) do
    local key = M.options.keys[name]
    if key then
      map(bufnr, 'i', key, action, 'Pilotfish: ' .. name)
      if name == 'next_edit' then
        map(bufnr, 'n', key, action, 'Pilotfish: ' .. name)
      end
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

--- Go to the next place that must follow an edit; where the cursor is there, make the edit.
---@return boolean whether there was one
function M.follow_edit()
  return require('pilotfish.next_edit').follow()
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
