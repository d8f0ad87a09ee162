// Windows command lines as text, and which of them are persona services. The same on every platform.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace persona::host {

/// A program and its arguments, quoted so that split_command_line() and CommandLineToArgvW find them again.
/// The program must not contain a quote (no file on Windows does). UTF-8.
std::string join_command_line(const std::vector<std::string>& arguments);

/// What CommandLineToArgvW makes of it, for a line that is not empty. UTF-8.
std::vector<std::string> split_command_line(std::string_view line);

/// `"C:\...\persona.exe" run --config "C:\...\x.yaml" --service NAME`: the image path of one of our services.
struct ServiceCommand {
  std::string program;
  std::string config;
  std::string service;

  std::string image_path() const;

  /// Nothing unless the image path is one that image_path() made for this service, by whatever persona.exe.
  static std::optional<ServiceCommand> parse(std::string_view image_path, std::string_view service);
};

}  // namespace persona::host
