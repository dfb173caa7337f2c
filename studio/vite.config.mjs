import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes the licences of every npm package whose code is in the bundle. */
function notices() {
  return {
    name: "notices",
    generateBundle(_, bundle) {
      const found = new Set();
      for (const chunk of Object.values(bundle)) {
        for (const given of chunk.type === "chunk" ? chunk.moduleIds : []) {
          const id = given.replaceAll("\0", "").replace(/\?.*$/, "");
          const at = id.replaceAll("\\", "/").lastIndexOf("/node_modules/");
          if (at < 0) continue;
          const [first, second] = id.slice(at + 14).split("/");
          found.add(first.startsWith("@") ? `${first}/${second}` : first);
        }
      }
      found.add("@glideapps/glide-data-grid"); // its styles
      const parts = [...found].sort().map((name) => {
        const folder = join("node_modules", name);
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const files = readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((f) => f.isFile() && /^(licen[cs]e|notice)/i.test(f.name) && !f.parentPath.slice(folder.length).includes("node_modules"))
          .map((f) => join(f.parentPath, f.name))
          .sort();
        const texts = files.map((file) => readFileSync(file, "utf8").replaceAll("\r\n", "\n").trim());
        const author = typeof about.author === "string" ? about.author : (about.author?.name ?? "");
        return [`${name} ${about.version} (${about.license})`, author, ...texts].filter(Boolean).join("\n\n");
      });
      const head = "The page of the studio contains code of these packages.\n";
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY.txt", source: [head, ...parts].join(`\n\n${"-".repeat(78)}\n\n`) + "\n" });
    },
  };
}

export default {
  base: "/",
  plugins: [notices()],
  build: {
    outDir: join(dirname(import.meta.dirname), "cxsim", "studio", "page"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      output: { entryFileNames: "studio.js", chunkFileNames: "[name].js", assetFileNames: "studio[extname]" },
    },
  },
};
