-- What is there as soon as Neovim starts: the command, the highlight, and the hook on the server.

if vim.g.loaded_pilotfish then
  return
end
vim.g.loaded_pilotfish = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify('pilotfish needs Neovim 0.11 or newer', vim.log.levels.ERROR)
  return
end

for name, link in pairs({
  PilotfishGhost = 'NonText',
  PilotfishNextEdit = 'DiagnosticVirtualTextHint',
  PilotfishNextEditOld = 'DiffDelete',
  PilotfishCalm = 'DiagnosticHint',
  PilotfishDoubtful = 'DiagnosticWarn',
  PilotfishSuspicious = 'DiagnosticError',
}) do
  vim.api.nvim_set_hl(0, name, { default = true, link = link })
end

vim.api.nvim_create_user_command('Pilotfish', function(call)
  require('pilotfish.commands').run(call.fargs)
end, {
  nargs = '+',
  desc = 'Pilotfish: status, restart, pause, repair, trace, stop, trust',
  complete = function(lead)
    return require('pilotfish.commands').complete(lead)
  end,
})

local group = vim.api.nvim_create_augroup('pilotfish', {})

vim.api.nvim_create_autocmd('LspProgress', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'pilotfish' then
      require('pilotfish').on_progress(event.data.params)
    end
  end,
})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'pilotfish' then
      require('pilotfish').attach(client, event.buf)
    end
  end,
})
