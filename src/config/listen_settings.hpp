// `listen:` and `admin.listen:`, where it listens.
#pragma once

#include "value.hpp"

namespace persona::config {

/// `must_be_local`: plaintext comes in there, and `unsafe_listen` does not say otherwise.
void read_listen(const Value& value, bool must_be_local, Config& config);

void read_admin(Section section, Config& config);

/// The modes that follow from the rest of the file, once all of it is read.
void complete_listen(Config& config, Report& report);

}  // namespace persona::config
