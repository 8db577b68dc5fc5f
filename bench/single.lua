-- wrk: sends the requests of a file in turn, each with an event id of its own.
-- wrk ... -s single.lua URL -- FILE SEED     FILE: requests, apart by a line of "====".
-- Prints one line of JSON at the end: what was answered, and how long it took.

local parts, number, seed = {}, 0, ""

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for request in file:read("*a"):gmatch("(.-)\n====\n") do
    local mark = assert(request:find("00000000000000000000000000000000mark", 1, true))
    parts[#parts + 1] = { request:sub(1, mark - 1), request:sub(mark + 36) }
  end
  file:close()
  seed = args[2]
end

function request()
  number = number + 1
  local part = parts[number % #parts + 1]
  return part[1] .. string.format("%s-7%03x-8000-%012x", seed, number % 4096, number) .. part[2]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
