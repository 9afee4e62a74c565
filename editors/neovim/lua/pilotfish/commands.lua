-- :Pilotfish and its words.

local M = {}

local function say(text, level)
  vim.notify('Pilotfish: ' .. text, level or vim.log.levels.INFO)
end

---@return vim.lsp.Client?
local function client_or_complain()
  local client = require('pilotfish').client()
  if not client then
    say('the server does not look at this buffer (:checkhealth pilotfish)', vim.log.levels.WARN)
  end
  return client
end

---@param client vim.lsp.Client
---@param command string
---@param arguments table
---@param done fun(result: any)
local function execute(client, command, arguments, done)
  local params = { command = command, arguments = arguments }
  client:request('workspace/executeCommand', params, function(err, result)
    if err then
      say(err.message, vim.log.levels.ERROR)
    else
      done(result)
    end
  end)
end

local function megabytes(bytes)
  return ('%d MB'):format(math.floor(bytes / 1000000))
end

--- What helps against each cause that `pilotfish/status` names.
local remedies = {
  restart = ':Pilotfish restart',
  python = 'set init_options.python to the interpreter of your project',
  doctor = "run 'pilotfish doctor' in a terminal",
  resume = ':Pilotfish pause',
  settings = 'set init_options.inlineCompletion.enabled to true',
  endpoint = 'start the server at init_options.endpoint, or change it',
  model = "run 'pilotfish model pull complete' in a terminal",
  log = ':LspLog',
  trust = ':Pilotfish trust',
}

---@type table<string, { help: string, run: fun(how?: string) }>
M.words = {
  status = {
    help = 'what runs, and with which model',
    run = function()
      local client = client_or_complain()
      if not client then
        return
      end
      client:request('pilotfish/status', vim.empty_dict(), function(err, status)
        if err then
          return say(err.message, vim.log.levels.ERROR)
        end
        local parts = { 'engine ' .. status.engine }
        if status.modelState then
          local name = status.model ~= '' and vim.fs.basename(status.model) or 'no model'
          parts[#parts + 1] = ('%s (%s)'):format(name, status.modelState)
        end
        if status.residentBytes then
          parts[#parts + 1] = megabytes(status.residentBytes)
        end
        local said = table.concat(parts, ', ')
        if status.cause ~= '' then
          said = ('%s\n%s: %s'):format(said, status.cause, status.why)
          local remedy = remedies[status.remedy]
          said = remedy and ('%s\nhelp: %s'):format(said, remedy) or said
        end
        say(said)
      end)
    end,
  },
  restart = {
    help = 'start the engine anew',
    run = function()
      local client = client_or_complain()
      if client then
        execute(client, 'pilotfish.restart', {}, function()
          say('the engine was restarted')
        end)
      end
    end,
  },
  pause = {
    help = 'stop suggesting, or go on; pause 10: for ten minutes; pause folder: in this project',
    run = function(how)
      local client = client_or_complain()
      if not client then
        return
      end
      local given = {}
      if how == 'folder' and client.root_dir then
        given = { { folder = vim.uri_from_fname(client.root_dir) } }
      elseif tonumber(how) then
        given = { { minutes = tonumber(how) } }
      elseif how then
        return say('pause takes minutes, or folder', vim.log.levels.WARN)
      end
      execute(client, 'pilotfish.pause', given, function(paused)
        say(paused and 'suggestions are paused' or 'suggestions are back')
      end)
    end,
  },
  repair = {
    help = 'repair until the test under the cursor passes',
    run = function()
      local client = client_or_complain()
      if client then
        M.repair(client)
      end
    end,
  },
  trace = {
    help = 'show what the code did while the test under the cursor failed',
    run = function()
      local client = client_or_complain()
      if client then
        M.trace(client)
      end
    end,
  },
  stop = {
    help = 'stop what runs: a repair, a trace, a download',
    run = function()
      local client = client_or_complain()
      if client and not require('pilotfish').stop(client) then
        say('nothing runs')
      end
    end,
  },
  trust = {
    help = 'trust this workspace: its interpreter and tests may run',
    run = function()
      local client = client_or_complain()
      local root = client and client.root_dir
      if not client or not root then
        return say('this buffer belongs to no workspace', vim.log.levels.WARN)
      end
      local cmd = { require('pilotfish').options.cmd[1], 'trust', root }
      vim.system(cmd, { text = true }, function(done)
        vim.schedule(function()
          if done.code ~= 0 then
            return say(vim.trim(done.stderr), vim.log.levels.ERROR)
          end
          execute(client, 'pilotfish.restart', {}, function()
            say('trusted: ' .. root)
          end)
        end)
      end)
    end,
  },
}

--- Ask what the server offers to run here by a command of its own.
---@param client vim.lsp.Client
---@param wanted string
---@param done fun(offers: table[])
local function offers_here(client, wanted, done)
  local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  params.context = { diagnostics = {}, only = { 'quickfix' } }
  client:request('textDocument/codeAction', params, function(err, actions)
    if err then
      return say(err.message, vim.log.levels.ERROR)
    end
    local offers = {}
    for _, action in ipairs(actions or {}) do
      local command = type(action.command) == 'table' and action.command or action
      if command.command == wanted then
        offers[#offers + 1] = { title = action.title, command = command }
      end
    end
    done(offers)
  end)
end

--- Let the person choose if there are several.
local function choose(offers, done)
  if #offers == 1 then
    return done(offers[1])
  end
  local options = {
    prompt = 'Repair',
    format_item = function(offer)
      return offer.title
    end,
  }
  vim.ui.select(offers, options, function(offer)
    if offer then
      done(offer)
    end
  end)
end

--- Run a repair that the server offers here.
---@param client vim.lsp.Client
function M.repair(client)
  offers_here(client, 'pilotfish.repair', function(offers)
    if #offers == 0 then
      return say('no test under the cursor, or the workspace is not trusted (:Pilotfish trust)')
    end
    choose(offers, function(offer)
      M.search(client, offer.command)
    end)
  end)
end

--- Look for patches as a command of the server says, and show what was found.
---@param client vim.lsp.Client
---@param command { command: string, arguments: table }
function M.search(client, command)
  local bufnr = vim.api.nvim_get_current_buf()
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  execute(client, command.command, command.arguments, function(result)
    local stayed = vim.api.nvim_get_current_buf() == bufnr
      and vim.api.nvim_buf_get_changedtick(bufnr) == tick
      and vim.api.nvim_get_mode().mode == 'n'
    require('pilotfish.preview').show(client, command.arguments[1].uri, result, stayed)
  end)
end

--- Run a test, follow it, and show what the code did.
---@param client vim.lsp.Client
---@param order { uri: string, test: string }
function M.debug(client, order)
  say('tracing ' .. vim.fs.basename(vim.uri_to_fname(order.uri)))
  execute(client, 'pilotfish.debug', { order }, function(report)
    if report.status == 'error' then
      return say(report.reason, vim.log.levels.ERROR)
    end
    require('pilotfish.trace').show(report)
  end)
end

--- Trace the test under the cursor, or the tests that are found for this file.
---@param client vim.lsp.Client
function M.trace(client)
  local here = { uri = vim.uri_from_bufnr(0), test = '' }
  offers_here(client, 'pilotfish.debug', function(offers)
    M.debug(client, offers[1] and offers[1].command.arguments[1] or here)
  end)
end

---@param words string[]
function M.run(words)
  local word = M.words[words[1]]
  if not word then
    local known = vim.tbl_keys(M.words)
    table.sort(known)
    return say(
      ("there is no '%s'; one of: %s"):format(words[1], table.concat(known, ', ')),
      vim.log.levels.WARN
    )
  end
  word.run(words[2])
end

---@param lead string
---@return string[]
function M.complete(lead)
  local found = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(M.words))
  table.sort(found)
  return found
end

return M
