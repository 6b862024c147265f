"""The programs that tools/gpu_check runs: built and packed on one machine, found, or built, on the machine with the card."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("kernel_tests_gpu", "gan_cuda_bench", "gan_cuda_train", "gpu_layouts", "gpu_microbenchmarks",
            "ptx_instruction_tests")
PACKED = ROOT / "build" / "gpu_programs.tar.xz"
PACKED_LIMIT = 48 << 20  # bytes: the working tree travels along, 64 MiB in all
# What the other machine has itself: the C library, which no other may replace, the driver, and cuBLAS (600 MB).
NOT_PACKED = re.compile(r"lib(c|m|rt|dl|pthread|cuda|cublas|cublasLt)\.so|ld-linux|linux-vdso")


def configure_command(build, *, portable):
    """CMake's, for a release of these programs alone; `portable`: for processors other than this one."""
    return ["cmake", "-S", ROOT, "-B", build, "-G", "Ninja" if shutil.which("ninja") else "Unix Makefiles",
            "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CUDA_ARCHITECTURES=90a-real",
            *(["-DGAN_CPU=x86-64-v3"] if portable else ["-DGAN_WERROR=OFF"])]


def build_command(build):
    return ["cmake", "--build", build, "--parallel", str(os.cpu_count()), "--target", *PROGRAMS]


def pack(build, file):
    """Builds the programs and packs them with the libraries they need. Raises SystemExit with one line where it cannot."""
    for command in (configure_command(build, portable=True), build_command(build)):
        if subprocess.run([str(word) for word in command], stdout=sys.stderr).returncode != 0:
            raise SystemExit(f"gpu_check: error: {command[0]} failed; see above")
    libraries = set()
    for program in PROGRAMS:
        for line in subprocess.check_output(["ldd", build / "bin" / program], text=True).splitlines():
            found = re.match(r"\s*(\S+) => (/\S+)", line)
            if found and not NOT_PACKED.match(found[1]):
                libraries.add((found[1], os.path.realpath(found[2])))
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:xz") as archive:
        for program in PROGRAMS:
            archive.add(build / "bin" / program, f"bin/{program}")
        for name, path in sorted(libraries):
            archive.add(path, f"lib/{name}")
    size = file.stat().st_size
    if size > PACKED_LIMIT:
        raise SystemExit(f"gpu_check: error: {file} has {size / 2**20:.1f} MiB; {PACKED_LIMIT >> 20} MiB can travel")
    print(f"gpu_check: {file}: {size / 2**20:.1f} MiB, {len(PROGRAMS)} programs, {len(libraries)} libraries")


def toolkit_folder():
    """Where nvcc's toolkit lies, or None."""
    nvcc = shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc"
    return Path(nvcc).resolve().parents[1] if Path(nvcc).exists() else None


def tool(name):
    """The path of one of the toolkit's tools, or its name."""
    in_toolkit = (toolkit_folder() or Path("/usr/local/cuda")) / "bin" / name
    return shutil.which(name) or (str(in_toolkit) if in_toolkit.exists() else name)


def python_package_folders(python):
    """Folders of NVIDIA's Python packages: on some machines cuBLAS, the runtime and NVTX lie nowhere else."""
    code = "import nvidia; print('\\n'.join(nvidia.__path__))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return []


class Programs:
    """The programs on this machine, the environment that they start in, and what was found out on the way (`notes`)."""

    def __init__(self, source, python, scratch):
        self.scratch, self.notes = Path(scratch), []
        self.folder = self._unpacked(source)
        self.links = self.scratch / "libraries"
        self.links.mkdir()
        self.headers = []
        self._find_toolkit_parts(python)
        self.environment = dict(os.environ)
        self._prepend("LD_LIBRARY_PATH", [self.folder / "lib", self.links])

    def __getitem__(self, name):
        return self.folder / "bin" / name

    def missing(self):
        """Why the programs do not start here, in a line; "" if they do."""
        for name in PROGRAMS:
            if not self[name].exists():
                return f"there is no {self[name]}"
            checked = subprocess.run(["ldd", self[name]], capture_output=True, text=True, env=self.environment)
            lacking = re.findall(r"(\S+) => not found|(version `\S+' not found)", checked.stdout + checked.stderr)
            if lacking:
                return f"{name} lacks " + ", ".join(sorted({a or b for a, b in lacking}))
        for name in ("gan_cuda_train", "gan_cuda_bench"):
            started = subprocess.run([self[name], "--help"], capture_output=True, text=True, env=self.environment)
            if started.returncode != 0:
                return f"{name} --help: exit code {started.returncode}: {started.stderr.strip().splitlines()[-1:]}"
        return ""

    def use_build(self, build):
        """From now on the programs of that build tree."""
        self.folder = Path(build)

    def build_environment(self):
        """For building here: what lies in Python packages is found as if it belonged to the toolkit."""
        environment = dict(self.environment)
        for name in ("CMAKE_LIBRARY_PATH", "LIBRARY_PATH"):
            self._prepend(name, [self.links], environment)
        for name in ("CMAKE_INCLUDE_PATH", "CPATH"):
            self._prepend(name, self.headers, environment)
        return environment

    def _prepend(self, name, folders, environment=None):
        environment = self.environment if environment is None else environment
        old = environment.get(name, "")
        environment[name] = ":".join([*map(str, folders), *([old] if old else [])])

    def _unpacked(self, source):
        if Path(source).is_dir() or not Path(source).exists():
            return Path(source)
        target = self.scratch / "programs"
        with tarfile.open(source) as archive:
            archive.extractall(target)
        return target

    def _find_toolkit_parts(self, python):
        """Links to cuBLAS and the runtime, under the names that a linker and a loader ask for; folders of headers."""
        toolkit = toolkit_folder()
        packages = python_package_folders(python)
        for library in ("libcublas.so", "libcublasLt.so", "libcudart_static.a", "libnvJitLink.so"):
            in_toolkit = glob.glob(f"{toolkit}/lib*/{library}*") + glob.glob(f"{toolkit}/targets/*/lib/{library}*")
            found = in_toolkit or [p for f in packages for p in glob.glob(f"{f}/**/lib/{library}*", recursive=True)]
            self.notes.append(f"{library}: {found[0] if found else 'not found'}")
            for path in found:
                for name in {library, Path(path).name}:
                    if not (self.links / name).exists():
                        (self.links / name).symlink_to(path)
        for header in ("cublas_v2.h", "nvtx3/nvToolsExt.h"):
            folders = [f"{toolkit}/include"] + [p for f in packages for p in glob.glob(f"{f}/**/include", recursive=True)]
            found = next((folder for folder in folders if Path(folder, header).exists()), None)
            self.notes.append(f"{header}: {found or 'not found'}")
            if found and found not in self.headers and not found.startswith(str(toolkit)):
                self.headers.append(found)


def scratch_folder():
    return tempfile.TemporaryDirectory(prefix="gpu_check-")
