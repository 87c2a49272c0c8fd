/**
 * The one libxgboost that Esteira trains with, and the SHA-256 of every file that may come from the package index.
 * A wheel that is not in this table is never unpacked, and a library from the cache is never loaded when its hash
 * differs, so a model's bytes cannot depend on what an index happened to serve.
 */

export const XGBOOST_VERSION = "3.2.0";

export interface PinnedWheel {
  /** The distribution to ask the index for. */
  readonly distribution: string;
  readonly wheel: string;
  readonly sha256: string;
  /** The library's path inside the wheel. */
  readonly library: string;
  /** Every native file to unpack, by its path inside the wheel, with its hash. The library's RPATH needs both folders. */
  readonly files: Readonly<Record<string, string>>;
}

/** By `${process.platform}-${process.arch}`. */
export const PINNED_WHEELS: Readonly<Record<string, PinnedWheel>> = {
  "linux-x64": {
    distribution: "xgboost-cpu",
    wheel: "xgboost_cpu-3.2.0-py3-none-manylinux_2_28_x86_64.whl",
    sha256: "9c10b1653e1a689bf4094a328144cf3633c9be0e5217a76fbdc2fde6abcb2950",
    library: "xgboost/lib/libxgboost.so",
    files: {
      "xgboost/lib/libxgboost.so": "bad3eb7004550b6db2338486061bf628cabc2340d4913e811b0564ba4788eef5",
      "xgboost_cpu.libs/libgomp-e985bcbb.so.1.0.0": "a43904e4fa297301d4640dc1bb3c8a3480b406f99e498eba9b1914b68aab604a",
    },
  },
  "linux-arm64": {
    distribution: "xgboost-cpu",
    wheel: "xgboost_cpu-3.2.0-py3-none-manylinux_2_28_aarch64.whl",
    sha256: "896b9e2bc52ec0921edf92ddd1cebedf47032e94992b7aca0293524d380ce6e9",
    library: "xgboost/lib/libxgboost.so",
    files: {
      "xgboost/lib/libxgboost.so": "32a854dcd03f7e66b93ea3df543a4b82f16809c2cd93f74f29a6c97f83723b8d",
      "xgboost_cpu.libs/libgomp-a49a47f9.so.1.0.0": "43642df04bdf20f9b4122d336ef3e2e6a486c536e614159ac0e981a901d54537",
    },
  },
  "win32-x64": {
    distribution: "xgboost-cpu",
    wheel: "xgboost_cpu-3.2.0-py3-none-win_amd64.whl",
    sha256: "bfe72e42f73d2c6870a1a8b75324d56ae86ddad9abd4dccefeb36f2c3196dd48",
    library: "xgboost/lib/xgboost.dll",
    files: { "xgboost/lib/xgboost.dll": "834be3f0418127a123ee4002f2157c073d010368144a842a51cdd190ebc40e5e" },
  },
  "darwin-arm64": {
    distribution: "xgboost",
    wheel: "xgboost-3.2.0-py3-none-macosx_12_0_arm64.whl",
    sha256: "eabbd40d474b8dbf6cb3536325f9150b9e6f0db32d18de9914fb3227d0bef5b7",
    library: "xgboost/lib/libxgboost.dylib",
    files: { "xgboost/lib/libxgboost.dylib": "d9ce25b06844b278c9a9eeb7d44ed9e0357c795e59ed129998ff0055620aab47" },
  },
  "darwin-x64": {
    distribution: "xgboost",
    wheel: "xgboost-3.2.0-py3-none-macosx_10_15_x86_64.whl",
    sha256: "2f661966d3e322536d9c448090a870fcba1e32ee5760c10b7c46bac7a342079a",
    library: "xgboost/lib/libxgboost.dylib",
    files: { "xgboost/lib/libxgboost.dylib": "c2d928345edbd5efd04a6f3cdfde35296194238a563d0aaa8c9d0a7170e79dc6" },
  },
};

/** Whether these bytes are a libxgboost that was published as 3.2.0, for whichever platform. */
export const isPinnedLibrary = (sha256: string): boolean =>
  Object.values(PINNED_WHEELS).some((wheel) => wheel.files[wheel.library] === sha256);
