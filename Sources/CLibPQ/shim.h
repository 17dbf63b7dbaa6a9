// One header, so that the path Debian gives libpq-fe.h (through pkg-config) is named in one place.
#include <libpq-fe.h>
