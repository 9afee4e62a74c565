-- Suggestions as ghost text, for Neovim 0.11, which has no inline completion of its own.
--
-- The server decides when to answer and keeps a suggestion alive while its beginning is typed; this
-- file asks after every change, shows what comes if it still fits, and inserts what is accepted.

local partial = require('pilotfish.partial')

local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2
local namespace = vim.api.nvim_create_namespace('pilotfish-ghost')

---@class pilotfish.Shown
---@field bufnr integer
---@field row integer where the suggestion begins: 0-based line and byte
---@field col integer
---@field text string what is left to insert
---@field others string[] alternatives: those behind it, then those before it; empty until asked for

---@type pilotfish.Shown?
local shown = nil
---@type { client: vim.lsp.Client, id: integer }?
local pending = nil

local function cancel()
  if pending then
    pending.client:cancel_request(pending.id)
    pending = nil
  end
end

local function clear()
  if shown and vim.api.nvim_buf_is_valid(shown.bufnr) then
    vim.api.nvim_buf_clear_namespace(shown.bufnr, namespace, 0, -1)
  end
  shown = nil
end

---@return integer row, integer col
local function cursor()
  local at = vim.api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

local function is_inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

---@param bufnr integer
---@param row integer
---@param col integer
---@param text string
---@param others? string[] alternatives
local function show(bufnr, row, col, text, others)
  clear()
  if text == '' then
    return
  end
  shown = { bufnr = bufnr, row = row, col = col, text = text, others = others or {} }
  local lines = vim.split(text, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index], 'PilotfishGhost' } }
  end
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row, col, {
    virt_text = { { lines[1], 'PilotfishGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
  })
  vim.api.nvim_exec_autocmds('User', {
    pattern = 'PilotfishGhost',
    modeline = false,
    data = { bufnr = bufnr, row = row, col = col, text = text },
  })
end

--- Keep what is shown while the person types its beginning; whether it is still good.
---@return boolean
local function follow()
  if not shown or shown.bufnr ~= vim.api.nvim_get_current_buf() then
    return false
  end
  local row, col = cursor()
  if row ~= shown.row or col < shown.col then
    return false
  end
  local typed = vim.api.nvim_buf_get_text(0, row, shown.col, row, col, {})[1]
  if shown.text:sub(1, #typed) ~= typed or #typed >= #shown.text then
    return false
  end
  if #typed > 0 then
    show(shown.bufnr, row, col, shown.text:sub(#typed + 1))
  end
  return true
end

--- The text of an item that is still to be inserted at the cursor.
---@param client vim.lsp.Client
---@param item table lsp.InlineCompletionItem
---@param row integer
---@param col integer
---@return string
local function rest_of(client, item, row, col)
  local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
  text = text:gsub('\r\n?', '\n')
  local range = item.range
  if not range or range.start.line ~= row then
    return text
  end
  local line = vim.api.nvim_buf_get_lines(0, row, row + 1, true)[1]
  local start = vim.str_byteindex(line, client.offset_encoding, range.start.character, false)
  local before = line:sub(start + 1, col)
  return text:sub(1, #before) == before and text:sub(#before + 1) or ''
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param kind integer
---@param step? integer which of several is shown: 1 is the second, -1 the last
local function request(client, bufnr, kind, step)
  cancel()
  local row, col = cursor()
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  params.context = { triggerKind = kind }
  local id
  local _, sent = client:request(METHOD, params, function(err, result)
    if pending and pending.id == id then
      pending = nil
    end
    if err or not result or not vim.api.nvim_buf_is_valid(bufnr) then
      return
    end
    local at_row, at_col = cursor()
    if
      not is_inserting()
      or vim.api.nvim_get_current_buf() ~= bufnr
      or vim.api.nvim_buf_get_changedtick(bufnr) ~= tick
      or at_row ~= row
      or at_col ~= col
    then
      return
    end
    local texts = {}
    for _, item in ipairs(result.items or result) do
      texts[#texts + 1] = rest_of(client, item, row, col)
    end
    if texts[1] then
      local first = table.remove(texts, 1)
      show(bufnr, row, col, first, texts)
      if step and texts[1] then
        M.turn(step)
      end
    end
  end, bufnr)
  id = sent
  if id then
    pending = { client = client, id = id }
  end
end

---@param kind integer
local function update(kind)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = require('pilotfish').client(bufnr)
  if not client or not is_inserting() then
    return
  end
  if follow() then
    cancel()
    return
  end
  clear()
  request(client, bufnr, kind)
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local group = vim.api.nvim_create_augroup('pilotfish-ghost-' .. bufnr, { clear = true })
  -- Not while Neovim is still working on the key: the mode and the cursor are those of before.
  local function soon()
    vim.schedule(function()
      if vim.api.nvim_get_current_buf() == bufnr then
        update(AUTOMATIC)
      end
    end)
  end
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'TextChangedI', 'CursorMovedI' }, {
    group = group,
    buffer = bufnr,
    callback = soon,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      cancel()
      clear()
    end,
  })
  vim.api.nvim_create_autocmd('LspDetach', {
    group = group,
    buffer = bufnr,
    callback = function(event)
      if event.data.client_id == client.id then
        clear()
        vim.api.nvim_del_augroup_by_id(group)
      end
    end,
  })
end

--- Show the next alternative, or with -1 the one before; they are asked for where none is known.
---@param step integer
---@return boolean whether a suggestion is shown
function M.turn(step)
  local now, row, col = shown, cursor()
  if not now or now.bufnr ~= vim.api.nvim_get_current_buf() or now.row ~= row or now.col ~= col then
    return false
  end
  local others = now.others
  if #others > 0 then
    table.insert(others, step > 0 and #others + 1 or 1, now.text)
    local text = table.remove(others, step > 0 and 1 or #others)
    show(now.bufnr, row, col, text, others)
  else
    local client = require('pilotfish').client(now.bufnr)
    if client then
      request(client, now.bufnr, INVOKED, step)
    end
  end
  return true
end

---@param part 'whole'|'word'|'line'
---@return boolean
function M.accept(part)
  local bufnr = vim.api.nvim_get_current_buf()
  local row, col = cursor()
  if not shown or shown.bufnr ~= bufnr or shown.row ~= row or shown.col ~= col then
    return false
  end
  local text = shown.text
  local head = partial.head(text, part)
  clear()
  local lines = vim.split(head, '\n', { plain = true })
  vim.api.nvim_buf_set_text(bufnr, row, col, row, col, lines)
  local last_row = row + #lines - 1
  local last_col = (#lines == 1 and col or 0) + #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { last_row + 1, last_col })
  show(bufnr, last_row, last_col, text:sub(#head + 1))
  return true
end

---@return boolean
function M.dismiss()
  local was = shown ~= nil
  cancel()
  clear()
  return was
end

--- Hide a suggestion that was shown unchecked and turned out to be wrong, and ask for another.
---@param bufnr integer
---@param text string the suggestion as it was made; its beginning may have been typed
function M.withdraw(bufnr, text)
  if shown and shown.bufnr == bufnr and vim.endswith((text:gsub('\r\n?', '\n')), shown.text) then
    clear()
    vim.api.nvim_exec_autocmds('User', { pattern = 'PilotfishWithdrawn', modeline = false })
    update(INVOKED)
  end
end

function M.suggest()
  update(INVOKED)
end

---@return boolean
function M.is_visible()
  return shown ~= nil
end

return M
