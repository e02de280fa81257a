#ifndef RELAY_CPOSTGRES_SHIM_H
#define RELAY_CPOSTGRES_SHIM_H
#include <libpq-fe.h>
#endif
