-- :Pilotfish trace: what the code did while a test failed, as a split.
--
-- Blocks in the order of the source, with their suspicion, where the flow goes on, and the values of
-- each recorded visit. The report is the server's, `pilotfish/trace`; see docs/debug.md.

local M = {}

local namespace = vim.api.nvim_create_namespace('pilotfish-trace')

---@class pilotfish.Trace what a split shows
---@field report table the server's answer
---@field source string[] the lines of the file that was traced
---@field run integer which run of `report.runs`
---@field call integer which call of a function in it
---@field window integer where the file is looked at
---@field rows table<integer, table> the block that a row of the split belongs to
---@field heads integer[] rows where blocks begin

---@type table<integer, pilotfish.Trace> by buffer
local traces = {}

---@param values table<string, string>
---@return string
local function pairs_of(values)
  local found = {}
  for name, value in vim.spairs(values) do
    found[#found + 1] = name .. ' = ' .. value
  end
  return table.concat(found, ', ')
end

---@param suspicion number 0 to 1
---@return string
local function group_of(suspicion)
  return ({ 'PilotfishCalm', 'PilotfishDoubtful', 'PilotfishSuspicious' })[1 + math.min(
    2,
    math.floor(suspicion * 3)
  )]
end

--- The blocks of a function in the order of the source.
local function blocks_of(report, code)
  local found = vim.tbl_filter(function(block)
    return block.code == code.id
  end, report.blocks)
  table.sort(found, function(a, b)
    return a.first_line < b.first_line or (a.first_line == b.first_line and a.id < b.id)
  end)
  return found
end

local function ran(block)
  return block.failing + block.passing > 0
end

--- The functions that ran: the one where it probably went wrong first, then by suspicion. Tests
--- themselves and the module are shown only where nothing else ran.
local function codes_of(report, run)
  local worst = {}
  for _, block in ipairs(vim.tbl_filter(ran, report.blocks)) do
    worst[block.code] = math.max(worst[block.code] or 0, block.suspicion)
  end
  for _, call in ipairs(run and run.calls or {}) do
    if call.id == run.focus then
      worst[call.code] = 2
    end
  end
  local all = vim.tbl_filter(function(code)
    return worst[code.id] ~= nil
  end, report.codes)
  local own = vim.tbl_filter(function(code)
    return not code.test and code.kind ~= 'module' and code.kind ~= 'class'
  end, all)
  local found = #own > 0 and own or all
  table.sort(found, function(a, b)
    return worst[a.id] > worst[b.id] or (worst[a.id] == worst[b.id] and a.id < b.id)
  end)
  return found
end

--- Which of the calls of its function is the one where it probably went wrong.
local function focused(run)
  local count = {}
  for _, call in ipairs(run and run.calls or {}) do
    count[call.code] = (count[call.code] or 0) + 1
    if call.id == run.focus then
      return count[call.code]
    end
  end
  return 1
end

local function flow(block, blocks)
  local lines = {}
  for _, other in ipairs(blocks) do
    lines[other.id] = other.first_line + 1
  end
  local ends = { [-1] = 'return', [-2] = 'raise' }
  return table.concat(
    vim.tbl_map(function(edge)
      return ('%s (%s)'):format(ends[edge.to] or lines[edge.to] or '?', edge.kind)
    end, block.next),
    ', '
  )
end

local function visit_line(visit)
  local iteration = #visit.iteration > 0 and '#' .. table.concat(visit.iteration, '.') or '-'
  local after = { pairs_of(visit.exit) }
  if visit.raised then
    after[#after + 1] = 'raised ' .. visit.raised
  end
  if visit.yielded then
    after[#after + 1] = 'yielded ' .. visit.yielded
  end
  local told = table.concat(
    vim.tbl_filter(function(text)
      return text ~= ''
    end, after),
    '; '
  )
  return ('      %-5s %s  ->  %s'):format(iteration, pairs_of(visit.entry), told)
end

---@param bufnr integer
local function draw(bufnr)
  local trace = traces[bufnr]
  local report = trace.report
  local run = report.runs[trace.run]
  local lines, marks = {}, {}
  trace.rows, trace.heads = {}, {}

  local function add(text, group, block)
    for _, line in ipairs(vim.split(text, '\n', { plain = true })) do
      lines[#lines + 1] = line
      if group then
        marks[#marks + 1] = { #lines - 1, group }
      end
      trace.rows[#lines] = block
    end
  end

  add(run and ('%s: %s'):format(run.test, run.outcome) or report.status, 'Title')
  for _, test in ipairs(report.tests) do
    if run and test.id == run.test and test.exception then
      add(('%s: %s'):format(test.exception, test.message or ''), 'DiagnosticError')
    end
  end
  if run and run.cut ~= '' then
    add('the recording ended early: ' .. run.cut, 'DiagnosticWarn')
  end
  if report.reason ~= '' then
    add(report.reason)
  end
  local way = run and run.way or {}
  if #way > 1 then
    add('')
    add('From the test to where it probably went wrong:', 'Comment')
    for _, step in ipairs(way) do
      add(('  %s:%d  %s'):format(vim.fs.basename(step.path), step.line + 1, step['function']))
    end
  end
  for _, code in ipairs(codes_of(report, run)) do
    local calls = vim.tbl_filter(function(call)
      return call.code == code.id
    end, run and run.calls or {})
    local number = math.min(trace.call, #calls)
    local call = calls[number]
    add('')
    add(code.name, 'Function')
    if call then
      local given = pairs_of(call.arguments)
      local how = call.how == 'returned' and 'returned ' .. call.value
        or vim.trim(call.how .. ' ' .. call.exception)
      add(('  call %d of %d: (%s) %s'):format(number, #calls, given, how))
    end
    local blocks = blocks_of(report, code)
    for _, block in ipairs(blocks) do
      local opinion = ''
      if block.verdict then
        local word = block.verdict.right and 'right' or 'wrong'
        opinion = (' · model: %s %.0f %%'):format(word, block.verdict.confidence * 100)
      end
      if ran(block) then
        local told = '%4d %%  %s, to %s%s'
        local suspicion = math.floor(block.suspicion * 100 + 0.5)
        local text = told:format(suspicion, block.kind, flow(block, blocks), opinion)
        add(text, group_of(block.suspicion), block)
        trace.heads[#trace.heads + 1] = #lines
        for _, span in ipairs(block.statements) do
          for number = span[1], span[2] do
            add(('%5d  %s'):format(number + 1, trace.source[number + 1] or ''), nil, block)
          end
        end
      elseif block.statements[1] then
        local first, last = block.statements[1][1], block.last_line
        local more = last > first and ' …' or ''
        local text = ('%5d  %s%s   (not run)'):format(first + 1, trace.source[first + 1] or '', more)
        add(text, 'Comment', block)
      end
      for _, visit in ipairs(call and call.visits or {}) do
        if visit.block == block.id then
          add(visit_line(visit), 'Comment', block)
        end
      end
    end
  end

  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for _, mark in ipairs(marks) do
    vim.api.nvim_buf_set_extmark(bufnr, namespace, mark[1], 0, { line_hl_group = mark[2] })
  end
end

--- Put the cursor on the next place in a list of rows, in either direction.
local function go(rows, step)
  local here = vim.api.nvim_win_get_cursor(0)[1]
  local first, last, by = 1, #rows, 1
  if step < 0 then
    first, last, by = #rows, 1, -1
  end
  for index = first, last, by do
    if (rows[index] - here) * step > 0 then
      vim.api.nvim_win_set_cursor(0, { rows[index], 0 })
      return
    end
  end
end

local function block_here(bufnr)
  return traces[bufnr].rows[vim.api.nvim_win_get_cursor(0)[1]]
end

--- The row of the block that is next in suspicion after the one at the cursor, or of the first.
local function next_suspect(bufnr)
  local trace = traces[bufnr]
  local heads = vim.deepcopy(trace.heads)
  table.sort(heads, function(a, b)
    local x, y = trace.rows[a].suspicion, trace.rows[b].suspicion
    return x > y or (x == y and a < b)
  end)
  local here = block_here(bufnr)
  for index, row in ipairs(heads) do
    if trace.rows[row] == here then
      return heads[index % #heads + 1]
    end
  end
  return heads[1]
end

--- The row of the most suspicious block of the function that is shown first.
local function first_suspect(bufnr)
  local trace, found = traces[bufnr], nil
  for _, row in ipairs(trace.heads) do
    local block, best = trace.rows[row], found and trace.rows[found]
    if not best or (block.code == best.code and block.suspicion > best.suspicion) then
      found = row
    end
  end
  return found
end

local function map_keys(bufnr)
  local trace = traces[bufnr]
  local function map(lhs, act, desc)
    vim.keymap.set('n', lhs, act, { buffer = bufnr, nowait = true, desc = 'Pilotfish: ' .. desc })
  end
  map('q', '<Cmd>close<CR>', 'close')
  map(']]', function()
    go(trace.heads, 1)
  end, 'next block')
  map('[[', function()
    go(trace.heads, -1)
  end, 'block before')
  map('n', function()
    local row = next_suspect(bufnr)
    if row then
      vim.api.nvim_win_set_cursor(0, { row, 0 })
    end
  end, 'block next in suspicion')
  map('<Tab>', function()
    trace.run = trace.run % math.max(1, #trace.report.runs) + 1
    trace.call = focused(trace.report.runs[trace.run])
    draw(bufnr)
  end, 'next test')
  map('c', function()
    local run = trace.report.runs[trace.run]
    trace.call = trace.call % math.max(1, run and #run.calls or 1) + 1
    draw(bufnr)
  end, 'next call')
  map('<CR>', function()
    local block = block_here(bufnr)
    if not block then
      return
    end
    if not vim.api.nvim_win_is_valid(trace.window) then
      vim.cmd('leftabove vsplit')
      trace.window = vim.api.nvim_get_current_win()
    end
    vim.api.nvim_set_current_win(trace.window)
    vim.cmd.edit(vim.fn.fnameescape(trace.report.path))
    vim.api.nvim_win_set_cursor(0, { block.first_line + 1, 0 })
  end, 'go to the source')
end

--- Show a report in a split, the cursor on the most suspicious block of the first function.
---@param report table
function M.show(report)
  local window = vim.api.nvim_get_current_win()
  vim.cmd('botright vnew')
  local bufnr = vim.api.nvim_get_current_buf()
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].swapfile = false
  vim.bo[bufnr].filetype = 'pilotfish-trace'
  vim.wo.wrap = false
  traces[bufnr] = {
    report = report,
    source = vim.split(report.text, '\r?\n'),
    run = 1,
    call = focused(report.runs[1]),
    window = window,
    rows = {},
    heads = {},
  }
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      traces[bufnr] = nil
    end,
  })
  draw(bufnr)
  map_keys(bufnr)
  local row = first_suspect(bufnr)
  if row then
    vim.api.nvim_win_set_cursor(0, { row, 0 })
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'PilotfishTrace', modeline = false })
end

return M
