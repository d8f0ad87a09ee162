// Who may read a file, according to its discretionary access control list. Windows only.
#pragma once

#include <windows.h>

namespace persona::identity {

/// The first group of strangers (such as Everyone or Users) that the list lets read, or null. The entries are
/// evaluated in order, and the first for a group decides. A null list lets everybody read.
const char* stranger_who_may_read(PACL list);

}  // namespace persona::identity
