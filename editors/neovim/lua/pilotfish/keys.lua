-- A key that does something while a suggestion is shown, and what it did before otherwise.

local M = {}

--- Type keys before whatever was typed after them. Mode 'n' is without mappings, 'm' with.
---@param keys string
---@param mode? 'n'|'m'
local function type_first(keys, mode)
  keys = vim.api.nvim_replace_termcodes(keys, true, true, true)
  vim.api.nvim_feedkeys(keys, (mode or 'n') .. 'i', false)
end

---@param previous table what maparg() said before this mapping
---@param lhs string
local function fall_back(previous, lhs)
  if previous.callback then
    local result = previous.callback()
    if previous.expr == 1 and type(result) == 'string' and result ~= '' then
      type_first(result)
    end
  elseif previous.rhs then
    local keys = previous.expr == 1 and vim.api.nvim_eval(previous.rhs) or previous.rhs
    type_first(keys, previous.noremap == 1 and 'n' or 'm')
  else
    type_first(lhs)
  end
end

--- Map a key of one mode in one buffer. The action says whether it had something to do.
---@param bufnr integer
---@param mode 'i'|'n'
---@param lhs string
---@param action fun(): boolean
---@param desc string
function M.map(bufnr, mode, lhs, action, desc)
  local previous = vim.api.nvim_buf_call(bufnr, function()
    return vim.fn.maparg(lhs, mode, false, true)
  end)
  if previous.desc == desc then
    return
  end
  vim.keymap.set(mode, lhs, function()
    if not action() then
      fall_back(previous, lhs)
    end
  end, { buffer = bufnr, desc = desc })
end

return M
