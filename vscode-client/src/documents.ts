// Which documents are Signoff's: most Python files have nothing to do with a GPU. No VS Code here, so that it is tested
// without one.

export const hdlLanguages = ["verilog", "systemverilog"];
/** VS Code brings cuda-cpp and python itself. */
export const languages = [...hdlLanguages, "cuda-cpp", "python"];

const triton = /^[ \t]*(?:import|from)[ \t]+triton\b/m;
// The same words as the server's (gpu/python_sources.py).
const loaders = ["load_inline", "compile_kernel", "RawKernel", "RawModule", "SourceModule"];

/** Whether a document is one to start the server for; `text` is read for Python only. */
export function concerns(language: string, text: () => string): boolean {
  if (language !== "python") return languages.includes(language);
  const content = text();
  if (content.includes("triton") && triton.test(content)) return true;
  return content.includes("__global__") && loaders.some((loader) => content.includes(loader));
}
