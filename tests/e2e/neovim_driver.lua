-- Lets a test drive this Neovim: it sends Lua, one JSON line a chunk, and gets a line for each.

local pipe = assert(vim.uv.new_pipe(false))

local function send(message)
  pipe:write(vim.json.encode(message) .. '\n')
end

--- Tell the test that something has happened.
function _G.tell(name, data)
  send({ event = name, data = data or vim.empty_dict() })
end

local function run(line)
  local message = vim.json.decode(line)
  local chunk, problem = load(message.code)
  local ok, result = false, problem
  if chunk then
    ok, result = pcall(chunk, message.argument)
  end
  if ok then
    send({ id = message.id, result = result == nil and vim.NIL or result })
  else
    send({ id = message.id, error = tostring(result) })
  end
end

local buffered = ''

pipe:connect(vim.env.PILOTFISH_TEST_SOCKET, function(problem)
  assert(not problem, problem)
  pipe:read_start(function(_, data)
    if not data then
      return vim.schedule(function()
        vim.cmd('qall!')
      end)
    end
    buffered = buffered .. data
    while true do
      local stop = buffered:find('\n', 1, true)
      if not stop then
        break
      end
      local line = buffered:sub(1, stop - 1)
      buffered = buffered:sub(stop + 1)
      vim.schedule(function()
        run(line)
      end)
    end
  end)
  vim.schedule(function()
    tell('connected')
  end)
end)

vim.api.nvim_create_autocmd('DiagnosticChanged', {
  callback = function(event)
    tell('diagnostics', {
      buffer = event.buf,
      messages = vim.tbl_map(function(found)
        return { line = found.lnum, col = found.col, message = found.message, source = found.source }
      end, vim.diagnostic.get(event.buf)),
    })
  end,
})

vim.api.nvim_create_autocmd('ModeChanged', {
  callback = function()
    tell('mode', { mode = vim.api.nvim_get_mode().mode })
  end,
})

vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
  callback = function()
    tell('changed')
  end,
})

for _, name in ipairs({ 'PilotfishGhost', 'PilotfishRepair', 'PilotfishTrace', 'PilotfishPreview', 'PilotfishProgress', 'PilotfishWithdrawn', 'PilotfishNextEdit' }) do
  vim.api.nvim_create_autocmd('User', {
    pattern = name,
    callback = function(event)
      tell(name, event.data)
    end,
  })
end

vim.api.nvim_create_autocmd('LspAttach', {
  callback = function(event)
    tell('attached', { name = vim.lsp.get_client_by_id(event.data.client_id).name })
  end,
})

local notify = vim.notify
vim.notify = function(text, ...) ---@diagnostic disable-line: duplicate-set-field
  tell('notice', { text = text })
  return notify(text, ...)
end
