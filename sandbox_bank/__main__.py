import sys

from sandbox_bank.server import main

sys.exit(main())
