// Builds the server's wheel into wheel/ (the extension installs it where no server is on PATH), and copies the licence.
// Needs a Python with pip: $PYTHON, else the checkout's virtual environment, else python3.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";

const python = [process.env.PYTHON, "../.venv/bin/python", "../.venv/Scripts/python.exe"].find(
  (path) => path && existsSync(path),
);

rmSync("wheel", { recursive: true, force: true });
const { status, error } = spawnSync(python ?? "python3", ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", "wheel", ".."], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (status !== 0) {
  console.error(`The server's wheel could not be built${error ? `: ${error.message}` : ""}.`);
  process.exit(1);
}
if (existsSync("../LICENSE")) copyFileSync("../LICENSE", "LICENSE");
console.log(readdirSync("wheel").join("\n"));
