-- Defines wrk's requests and the summary of its results. Arguments: METHOD BODY_BYTES TARGETS
-- If TARGETS is above 0, each request goes to a random path of /t0 ... /t<TARGETS-1>.

local targets = 0

function init(args)
  wrk.method = args[1]
  local bytes = tonumber(args[2])
  targets = tonumber(args[3])
  if bytes > 0 then
    wrk.body = string.rep("0123456789abcdef", bytes / 16)
    wrk.headers["Content-Type"] = "text/plain"
  end
  if targets > 0 then
    math.randomseed(os.time())
    local requests = {}
    for i = 0, targets - 1 do
      requests[i] = wrk.format(nil, "/t" .. i)
    end
    request = function()
      return requests[math.random(0, targets - 1)]
    end
  end
end

-- Prints a summary line for the bench to parse. Times are in microseconds.
function done(summary, latency)
  io.write(string.format(
    'summary {"requests":%d,"micros":%d,"bytes":%d,"lost":%d,"refused":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
