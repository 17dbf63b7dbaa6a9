-- GET of one path, or of paths with ids by turns: TOKEN, PATTERN (with %d for the id), FIRST, COUNT.
local here = debug.getinfo(1, "S").source:sub(2):match("(.*/)")
dofile(here .. "report.lua")

local pattern, first, count = os.getenv("PATTERN"), tonumber(os.getenv("FIRST")), tonumber(os.getenv("COUNT"))
local turn = 0
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")

function request()
  turn = turn + 1
  -- A step that is prime to the count: every row is asked for before one is asked for again, and neighbours are not next.
  return wrk.format("GET", string.format(pattern, first + (turn * 7919) % count))
end
