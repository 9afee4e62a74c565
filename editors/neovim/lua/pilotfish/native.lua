-- Suggestions by Neovim's own inline completion (0.12 and newer).

local partial = require('pilotfish.partial')

local M = {}

local shown = vim.lsp.inline_completion

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  shown.enable(true, { client_id = client.id, bufnr = bufnr })
end

---@param part 'whole'|'word'|'line'
---@return boolean
function M.accept(part)
  if part == 'whole' then
    return shown.get()
  end
  return shown.get({
    on_accept = function(item)
      if type(item.insert_text) == 'string' then
        item.insert_text = partial.head(item.insert_text, part)
      end
      return item
    end,
  })
end

--- Neovim keeps what the server gave, and asks for no more.
---@param step integer
---@return boolean
function M.turn(step)
  local visible = M.is_visible()
  if visible then
    shown.select({ count = step })
  end
  return visible
end

--- Neovim hides a suggestion when insert mode ends or the cursor moves; there is no other way.
---@return boolean
function M.dismiss()
  return false
end

--- Neovim asks by itself while typing.
function M.suggest() end

---@return boolean
function M.is_visible()
  local visible = false
  shown.get({
    on_accept = function()
      visible = true
    end,
  })
  return visible
end

return M
