// Which documents are Signoff's: most Python files have nothing to do with a GPU, most C files with firmware. No VS Code here, so that it is tested
// without one.

export const hdlLanguages = ["verilog", "systemverilog"];
/** Of C the server looks at what belongs to a firmware image. VS Code brings these languages itself. */
export const cLanguages = ["c", "cpp"];
export const languages = [...hdlLanguages, "cuda-cpp", "python", ...cLanguages];

const triton = /^[ \t]*(?:import|from)[ \t]+triton\b/m;
// The same words as the server's (gpu/python_sources.py).
const loaders = ["load_inline", "compile_kernel", "RawKernel", "RawModule", "SourceModule"];

// What firmware includes or writes to; of other C files Signoff has nothing to say.
const firmware = /#\s*include\s*[<"][^>"]*(?:stm32|libopencm3|core_cm\d|cmsis|FreeRTOS)|\bHAL_\w+\s*\(|\bRCC\s*->|\w+_IRQHandler\b/i;

/** Files that say that a workspace holds firmware. */
export const firmwareMarks = "**/{signoff.toml,platformio.ini,.cproject,*.ioc,*.svd,*.ld}";

/** Whether a document is one to start the server for; `text` is read for Python and C only. */
export function concerns(language: string, text: () => string): boolean {
  if (cLanguages.includes(language)) return firmware.test(text());
  if (language !== "python") return languages.includes(language);
  const content = text();
  if (content.includes("triton") && triton.test(content)) return true;
  return content.includes("__global__") && loaders.some((loader) => content.includes(loader));
}
