-- What a repair has found, as a diff in a split before anything changes: accept, reject, or look at
-- the next alternative. The server applies what is accepted, and shows the changed place.

local M = {}

---@class pilotfish.Found
---@field client vim.lsp.Client
---@field uri string the file that was to be repaired
---@field result table what the server answered
---@field at integer which of `result.patches` is looked at
---@field details boolean whether everything that is known is shown

---@type table<integer, pilotfish.Found> by buffer
local previews = {}

local function tell_end(result, applied)
  vim.api.nvim_exec_autocmds('User', {
    pattern = 'PilotfishRepair',
    modeline = false,
    data = vim.tbl_extend('force', result, { applied = applied }),
  })
end

---@param bufnr integer
local function draw(bufnr)
  local found = previews[bufnr]
  local patches = found.result.patches
  local patch = patches[found.at]
  local lines = { '# ' .. found.result.summary }
  if not patch.verified then
    lines[#lines + 1] = '# This one is not verified: ' .. patch.doubt:gsub('%s+', ' ')
  end
  if found.details then
    for _, detail in ipairs(found.result.details) do
      lines[#lines + 1] = '#   ' .. detail:gsub('%s+', ' ')
    end
  end
  vim.list_extend(lines, vim.split(vim.trim(patch.diff), '\n', { plain = true }))
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    local which = ('%s (%d of %d)'):format(patch.title, found.at, #patches):gsub('%%', '%%%%')
    vim.wo[window].winbar = which .. '   a accept   n next   p previous   d details   q reject'
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'PilotfishPreview', modeline = false })
end

local function close(bufnr)
  previews[bufnr] = nil
  pcall(vim.api.nvim_buf_delete, bufnr, { force = true })
end

local function accept(bufnr)
  local found = previews[bufnr]
  local patch = found.result.patches[found.at]
  close(bufnr)
  local arguments = { { uri = found.uri, patch = patch.index } }
  local params = { command = 'pilotfish.applyRepair', arguments = arguments }
  found.client:request('workspace/executeCommand', params, function(err, applied)
    if err then
      vim.notify('Pilotfish: ' .. err.message, vim.log.levels.ERROR)
    elseif applied then
      vim.notify('Pilotfish: applied; undo takes it back')
    end
    tell_end(found.result, applied == true)
  end)
end

local function turn(bufnr, step)
  local found = previews[bufnr]
  found.at = (found.at - 1 + step) % #found.result.patches + 1
  draw(bufnr)
end

--- Show what a repair has found. Somebody who went on writing keeps the cursor.
---@param client vim.lsp.Client
---@param uri string
---@param result table the server's answer
---@param enter boolean
function M.show(client, uri, result, enter)
  if #(result.patches or {}) == 0 then
    return tell_end(result, false)
  end
  for bufnr in pairs(previews) do
    close(bufnr)
  end
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'diff'
  vim.api.nvim_open_win(bufnr, enter, { split = 'below', win = -1 })
  previews[bufnr] = { client = client, uri = uri, result = result, at = 1, details = false }
  local function map(lhs, act, desc)
    vim.keymap.set('n', lhs, function()
      act(bufnr)
    end, { buffer = bufnr, nowait = true, desc = 'Pilotfish: ' .. desc })
  end
  map('a', accept, 'accept the repair')
  map('n', function()
    turn(bufnr, 1)
  end, 'next alternative')
  map('p', function()
    turn(bufnr, -1)
  end, 'alternative before')
  map('d', function()
    previews[bufnr].details = not previews[bufnr].details
    draw(bufnr)
  end, 'details')
  map('q', function()
    close(bufnr)
    tell_end(result, false)
  end, 'reject the repair')
  draw(bufnr)
  vim.notify('Pilotfish: ' .. result.summary)
end

return M
