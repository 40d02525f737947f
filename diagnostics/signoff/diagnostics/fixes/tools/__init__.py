"""The tools' own fix-its as proposers, a file a tool: what a tool would put right is proven like everything else."""
