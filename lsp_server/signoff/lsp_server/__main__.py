"""`python -m signoff.lsp_server`: the `signoff` command."""

import sys

from signoff.lsp_server.cli import main

if __name__ == "__main__":
    sys.exit(main())
