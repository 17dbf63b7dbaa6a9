"""What the figures were measured on."""

import os
import platform
import subprocess
from pathlib import Path

# The instruction sets that decide which kernels run.
FLAGS = [
    "avx2",
    "fma",
    "avx512f",
    "avx512bw",
    "avx512_vnni",
    "avx512vbmi",
    "avx512_bf16",
    "avx512_vpopcntdq",
    "asimd",
    "sve",
]


def load_average() -> float:
    return round(os.getloadavg()[0], 2)


def describe() -> dict:
    listed = subprocess.run(["lscpu"], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}).stdout
    cpu = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in listed.splitlines())}
    flags = set(cpu.get("Flags", "").split())
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "cpu": cpu.get("Model name", platform.machine()),
        "family": f"family {cpu.get('CPU family', '?')}, model {cpu.get('Model', '?')}",
        "cores": os.cpu_count(),
        "caches": ", ".join(f"{name} {cpu[f'{name} cache']}" for name in ("L1d", "L2", "L3") if f"{name} cache" in cpu),
        "instructions": [flag for flag in FLAGS if flag in flags],
        "hypervisor": cpu.get("Hypervisor vendor", "none"),
        "memoryGiB": round(int(memory.split()[1]) / 2**20, 1),
        "hugePages": next(iter(pages.read_text().split("[")[1:]), "?").split("]")[0] if pages.exists() else "none",
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
