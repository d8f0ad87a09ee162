// The page for a person, at "/". It is made of src/admin/page/ when persona is built
// (cmake/make-admin-page.py).
#pragma once

#include "persona/admin/http.hpp"

namespace persona::admin {

/// One HTML document that asks for /status, /sessions and /metrics itself. Its header fields let the browser
/// load nothing else, run no other script and show it in no other page.
Response page();

}  // namespace persona::admin
