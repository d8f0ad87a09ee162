#include "draft.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "persona/base/endpoint.hpp"
#include "persona/base/text.hpp"

namespace persona::importing {

std::string Address::to_string() const {
  if (!path.empty()) {
    return "unix:" + path;
  }
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

bool Address::is_local() const {
  const auto endpoint = Endpoint::parse(to_string());
  return endpoint && endpoint->is_local();
}

void Findings::remark(const StunnelLine& line, Fate fate, const std::string& sentence) {
  const std::string& about = line.option.empty() ? line.value : line.option;
  const std::string text =
      printable(fmt::format("{}: {}", line.option.empty() ? '[' + about + ']' : about, sentence));
  if (remarks_.size() == most_remarks) {
    refuse(line, fmt::format("there is too much to say of this file: more than {} remarks", most_remarks));
  } else if (said_.emplace(line.file, line.number, text).second) {
    remarks_.push_back({lines_.files[line.file], line.number, fate, text});
  }
}

void Findings::refuse(const StunnelLine& line, std::string_view why) {
  if (!error_) {
    error_ = Error{ErrorKind::configuration,
                   fmt::format("{}: {}: {}", lines_.place_of(line), printable(line.option), why)};
  }
}

void Findings::forget_all_but_reasons(std::size_t first, const StunnelSection& section) {
  const auto is_its_own = [&](const Remark& remark) {
    const auto is_at = [&](const StunnelLine& line) {
      return line.number == remark.line && lines_.files[line.file] == remark.file;
    };
    return remark.sentence.find(no_configuration_for) == std::string::npos &&
           (is_at(section.header) || std::any_of(section.lines.begin(), section.lines.end(), is_at));
  };
  remarks_.erase(
      std::remove_if(remarks_.begin() + static_cast<std::ptrdiff_t>(first), remarks_.end(), is_its_own),
      remarks_.end());
}

std::vector<Remark> Findings::take() {
  const auto index = [this](const Remark& remark) {
    return std::find(lines_.files.begin(), lines_.files.end(), remark.file) - lines_.files.begin();
  };
  std::stable_sort(remarks_.begin(), remarks_.end(), [&](const Remark& left, const Remark& right) {
    return std::pair(index(left), left.line) < std::pair(index(right), right.line);
  });
  return std::move(remarks_);
}

void Draft::give_up(const StunnelLine& line, const std::string& why) {
  remark(line, Fate::left_out, fmt::format("{}[{}]: {}", no_configuration_for, section.header.value, why));
  if (no_file.line == nullptr) {
    no_file = {&line, why};
  }
}

}  // namespace persona::importing
