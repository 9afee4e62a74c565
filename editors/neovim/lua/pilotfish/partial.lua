-- Which part of a suggestion is accepted.

local M = {}

--- The beginning of a text: all of it, its next word, or its next line.
---@param text string
---@param part 'whole'|'word'|'line'
---@return string
function M.head(text, part)
  if part == 'word' then
    local word = vim.fn.matchstr(text, [[^\_s*\%(\k\+\|\%(\k\@!\S\)\+\)]])
    return word ~= '' and word or text
  elseif part == 'line' then
    local stop = text:find('\n', 2, true)
    return stop and text:sub(1, stop - 1) or text
  end
  return text
end

return M
