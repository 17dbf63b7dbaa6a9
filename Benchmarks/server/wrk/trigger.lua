-- POST of triggers, each under a key of its own, the tickets by turns: TOKEN, FIRST, COUNT, ROUND.
local here = debug.getinfo(1, "S").source:sub(2):match("(.*/)")
dofile(here .. "report.lua")

local first, count, round, turn = tonumber(os.getenv("FIRST")), tonumber(os.getenv("COUNT")), os.getenv("ROUND"), 0
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.headers["Content-Type"] = "application/json"

function request()
  turn = turn + 1
  wrk.headers["Idempotency-Key"] = "round-" .. round .. "-" .. turn
  return wrk.format("POST", string.format("/api/tickets/%d/trigger-triage/", first + turn % count), nil, "{}")
end
