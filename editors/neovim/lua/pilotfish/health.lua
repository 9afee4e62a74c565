-- :checkhealth pilotfish

local M = {}

local function check_server()
  local health, options = vim.health, require('pilotfish').options
  local program = options.cmd[1]
  if vim.fn.executable(program) == 0 then
    health.error(("'%s' was not found"):format(program), {
      'install it, in its folder: uv tool install ".[model]"',
      "or name it: require('pilotfish').setup({ cmd = { '/path/to/pilotfish', 'serve' } })",
    })
    return
  end
  local done = vim.system({ program, '--version' }, { text = true }):wait()
  if done.code == 0 then
    health.ok(vim.trim(done.stdout) .. ' at ' .. vim.fn.exepath(program))
  else
    health.error(program .. ' does not run', { vim.trim(done.stderr) })
    return
  end
  local doctor = vim.system({ program, 'doctor' }, { text = true }):wait()
  local report = vim.trim(doctor.stdout .. doctor.stderr)
  if doctor.code == 0 then
    health.ok('pilotfish doctor: all checks passed')
  else
    health.warn('pilotfish doctor says:\n' .. report)
  end
end

local function check_editor()
  local health, pilotfish = vim.health, require('pilotfish')
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim 0.11 or newer is needed')
  end
  if not (vim.lsp.is_enabled == nil or vim.lsp.is_enabled("pilotfish")) then
    health.warn('the server is not enabled', { "require('pilotfish').setup()" })
  end
  local clients = vim.lsp.get_clients({ name = 'pilotfish' })
  for _, client in ipairs(clients) do
    health.ok(
      ('running for %d buffers of %s'):format(
        vim.tbl_count(client.attached_buffers),
        client.root_dir or 'no workspace'
      )
    )
  end
  if #clients == 0 then
    health.info('not running: it starts with the first Python file')
  end
  local how = pilotfish.is_native() and "Neovim's own inline completion" or 'extmarks'
  health.info('suggestions are shown by ' .. how)
end

function M.check()
  vim.health.start('Pilotfish: the server')
  check_server()
  vim.health.start('Pilotfish: the editor')
  check_editor()
end

return M
