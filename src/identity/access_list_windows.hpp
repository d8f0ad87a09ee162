// Who may read a file, by its discretionary access control list. Windows only.
#pragma once

#include <windows.h>

namespace persona::identity {

/// The first group of strangers (Everyone, Users and the like) that the list lets read, in the order of its
/// entries: what comes first decides. Null: none. A null list lets everybody.
const char* stranger_who_may_read(PACL list);

}  // namespace persona::identity
