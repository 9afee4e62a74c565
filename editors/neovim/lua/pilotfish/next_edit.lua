-- The next place that must follow an edit: marked, gone to by a key, changed by the same key.

local M = {}

local METHOD = 'textDocument/copilotInlineEdit'
--- Marks that show something, and those that only keep the places of what is still to come.
local visible = vim.api.nvim_create_namespace('pilotfish.next_edit')
local places = vim.api.nvim_create_namespace('pilotfish.next_edits')
--- How long somebody has stopped typing before the server is asked.
local REST_MS = 600

---@class pilotfish.NextEdit
---@field bufnr integer
---@field mark integer its place
---@field old string what stands there
---@field text string what is to stand there

--- What follows the last edit: the first is shown.
---@type pilotfish.NextEdit[]
local following = {}

--- Counts changes, so that an answer to an old question is not shown.
local asked = 0
--- The state of each buffer after a change that was made here.
---@type table<integer, integer>
local own_tick = {}

--- Where an edit is now, if what it changes still stands there.
---@param edit pilotfish.NextEdit
---@return integer? row
---@return integer? column
---@return integer? end_row
---@return integer? end_column
local function place(edit)
  if not vim.api.nvim_buf_is_loaded(edit.bufnr) then
    return nil
  end
  local mark = vim.api.nvim_buf_get_extmark_by_id(edit.bufnr, places, edit.mark, { details = true })
  if not mark[1] then
    return nil
  end
  local row, column, end_row, end_column = mark[1], mark[2], mark[3].end_row, mark[3].end_col
  local lines = vim.api.nvim_buf_get_text(edit.bufnr, row, column, end_row, end_column, {})
  if table.concat(lines, '\n') ~= edit.old then
    return nil
  end
  return row, column, end_row, end_column
end

--- Where Neovim has the text that the server means.
---@param bufnr integer
---@param position lsp.Position
---@param encoding string
local function column_of(bufnr, position, encoding)
  local line = vim.api.nvim_buf_get_lines(bufnr, position.line, position.line + 1, false)[1] or ''
  return vim.str_byteindex(line, encoding, position.character, false)
end

local function clear(namespace)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

---@param bufnr integer
---@param row integer
---@param text string
local function write_behind(bufnr, row, text)
  local chunks = { { '  ' .. text, 'PilotfishNextEdit' } }
  vim.api.nvim_buf_set_extmark(bufnr, visible, row, 0, { virt_text = chunks })
end

--- Mark the first place, and where the cursor is say where that is.
local function show()
  clear(visible)
  local edit = following[1]
  local row, column, end_row, end_column
  if edit then
    row, column, end_row, end_column = place(edit)
  end
  if row then
    vim.api.nvim_buf_set_extmark(edit.bufnr, visible, row, column, {
      end_row = end_row,
      end_col = end_column,
      hl_group = 'PilotfishNextEditOld',
    })
    local key = require('pilotfish').options.keys.next_edit
    local hint = key and (' (' .. key .. ')') or ''
    local new = edit.text == '' and 'remove' or edit.text:gsub('%s+', ' ')
    write_behind(edit.bufnr, row, '→ ' .. new .. hint)
    local here = vim.api.nvim_get_current_buf()
    local elsewhere = here ~= edit.bufnr
    if elsewhere or row < vim.fn.line('w0') - 1 or row >= vim.fn.line('w$') then
      local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(edit.bufnr), ':t')
      local where = (elsewhere and name .. ' ' or '') .. 'line ' .. row + 1
      write_behind(here, vim.fn.line('.') - 1, '→ next edit: ' .. where .. hint)
    end
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'PilotfishNextEdit', modeline = false })
end

--- Forget what was to follow.
function M.hide()
  asked = asked + 1
  if #following > 0 then
    following = {}
    clear(places)
    show()
  end
end

---@param client vim.lsp.Client
---@param found { text: string, range: lsp.Range, textDocument: { uri: string, version: integer } }
---@return pilotfish.NextEdit?
local function kept(client, found)
  local bufnr = vim.uri_to_bufnr(found.textDocument.uri)
  if vim.lsp.util.buf_versions[bufnr] ~= found.textDocument.version then
    return nil
  end
  local first, last = found.range.start, found.range['end']
  local column = column_of(bufnr, first, client.offset_encoding)
  local end_column = column_of(bufnr, last, client.offset_encoding)
  local lines = vim.api.nvim_buf_get_text(bufnr, first.line, column, last.line, end_column, {})
  local mark = vim.api.nvim_buf_set_extmark(bufnr, places, first.line, column, {
    end_row = last.line,
    end_col = end_column,
  })
  return { bufnr = bufnr, mark = mark, old = table.concat(lines, '\n'), text = found.text }
end

---@param client vim.lsp.Client
---@param bufnr integer
local function ask(client, bufnr)
  M.hide()
  local number = asked
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  client:request(METHOD, params, function(err, result)
    if err or not result or number ~= asked then
      return
    end
    for _, found in ipairs(result.edits) do
      following[#following + 1] = kept(client, found)
    end
    if #following > 0 then
      show()
      client:notify('textDocument/didShowInlineEdit', { item = result.edits[1] })
    end
  end, bufnr)
end

--- Go to the marked place; where the cursor is on its line, make the edit and mark the next one.
---@return boolean whether there was one
function M.follow()
  local edit = following[1]
  if not edit then
    return false
  end
  local row, column, end_row, end_column = place(edit)
  if not row then
    M.hide()
    return false
  end
  if vim.api.nvim_get_current_buf() ~= edit.bufnr or vim.fn.line('.') ~= row + 1 then
    vim.cmd("normal! m'")
    vim.bo[edit.bufnr].buflisted = true
    vim.api.nvim_win_set_buf(0, edit.bufnr)
    vim.api.nvim_win_set_cursor(0, { row + 1, column })
  else
    table.remove(following, 1)
    local lines = vim.split(edit.text, '\n', { plain = true })
    vim.api.nvim_buf_set_text(edit.bufnr, row, column, end_row, end_column, lines)
    own_tick[edit.bufnr] = vim.b[edit.bufnr].changedtick
  end
  show()
  return true
end

--- Ask whenever somebody has stopped typing in a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local timer = assert(vim.uv.new_timer())
  local group = vim.api.nvim_create_augroup('pilotfish.next_edit.' .. bufnr, {})
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      if own_tick[bufnr] == vim.b[bufnr].changedtick and #following > 0 then
        return
      end
      M.hide()
      timer:start(
        REST_MS,
        0,
        vim.schedule_wrap(function()
          if vim.api.nvim_get_current_buf() == bufnr and not client:is_stopped() then
            ask(client, bufnr)
          end
        end)
      )
    end,
  })
  vim.api.nvim_create_autocmd({ 'BufDelete', 'LspDetach' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      timer:stop()
      M.hide()
    end,
  })
end

return M
