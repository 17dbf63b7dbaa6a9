-- What every script here ends with: the figures as one line of JSON behind a mark.
function done(summary, latency, requests)
  local function ms(microseconds) return microseconds / 1000 end
  io.write(string.format(
    'NEXIFY {"requests": %d, "seconds": %.3f, "rps": %.2f, "bytes": %d, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, '
      .. '"max_ms": %.3f, "errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}\n',
    summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6), summary.bytes,
    ms(latency:percentile(50)), ms(latency:percentile(90)), ms(latency:percentile(99)), ms(latency.max),
    summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.status, summary.errors.timeout))
end
