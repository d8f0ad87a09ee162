// What persona-spiffe, the program that asks an agent, tells the persona that started it: frames, one way.
// SECURITY: lengths are bounded before anything is allocated for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "persona/base/bytes.hpp"
#include "persona/base/result.hpp"
#include "persona/x509/secret.hpp"

namespace persona::spiffe {

/// One X.509-SVID with what belongs to it.
struct Svid {
  std::string id{};    ///< "spiffe://example.org/db", as the agent says
  Bytes chain{};       ///< DER, one certificate after the other, the SVID first
  x509::Secret key{};  ///< PKCS#8, DER
  Bytes bundle{};      ///< DER: the CAs of its trust domain
};

/// CAs of another trust domain.
struct FederatedBundle {
  std::string domain{};  ///< its SPIFFE ID, "spiffe://example.com"
  Bytes bundle{};        ///< DER
};

/// All that an agent gives at a time: it replaces what it has given before.
struct Update {
  std::vector<Svid> svids{};  ///< at least one; the first is the default identity
  std::vector<FederatedBundle> federated{};
  std::vector<Bytes> crls{};  ///< DER
};

/// Why there is nothing new, as a sentence without an end.
struct Trouble {
  std::string sentence{};
};

using Message = std::variant<Update, Trouble>;

constexpr std::size_t largest_push = std::size_t{4} << 20U;  ///< of the agent, as gRPC has it by default
constexpr std::size_t most_items = 1024;                     ///< SVIDs, bundles and CRLs together
constexpr std::size_t longest_sentence = 2048;
constexpr std::size_t largest_frame = largest_push + (std::size_t{64} << 10U);

/// A whole frame. Fails when it would have more than a reader takes, or lacks what SPIFFE demands.
Result<x509::Secret> write(const Update& update);
/// The same; a longer sentence is cut.
std::string write(const Trouble& trouble);

/// Puts frames together. Nothing of a key is left in memory that it has used.
class FrameReader {
 public:
  /// Where the next bytes belong: at least one.
  std::span<char> wanted();

  /// So many have been put there, at most as many as were wanted. A message once it is complete; a failure
  /// says what is wrong with a frame: `is_lost` tells whether others can follow it.
  Result<std::optional<Message>> got(std::size_t count);

  /// True after a frame that has no end that is known.
  bool is_lost() const { return lost_; }

 private:
  Result<std::optional<Message>> complete();

  static constexpr std::size_t head_size = 5;  // a letter, and the length in network byte order
  std::array<char, head_size> head_{};
  std::size_t have_ = 0;  // of the head and then of the body
  std::optional<x509::Secret> body_;
  bool lost_ = false;
};

}  // namespace persona::spiffe
