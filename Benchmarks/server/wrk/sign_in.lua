-- POST of a user name and a password: USERS (agent-1 to agent-N by turns), PASSWORD.
local here = debug.getinfo(1, "S").source:sub(2):match("(.*/)")
dofile(here .. "report.lua")

local users, password, turn = tonumber(os.getenv("USERS")), os.getenv("PASSWORD"), 0
wrk.headers["Content-Type"] = "application/json"

function request()
  turn = turn + 1
  local body = string.format('{"username": "agent-%d", "password": "%s"}', 1 + turn % users, password)
  return wrk.format("POST", "/api/auth/token/", nil, body)
end
