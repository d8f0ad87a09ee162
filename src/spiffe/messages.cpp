#include "persona/spiffe/messages.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace persona::spiffe {

namespace {

constexpr char of_update = 'u';
constexpr char of_trouble = 't';

// What an update is made of: a letter, a length, so many bytes. A `key`, `chain` or `bundle` belongs to the
// `id` before it.
constexpr char tag_id = 'i';
constexpr char tag_chain = 'c';
constexpr char tag_key = 'k';
constexpr char tag_bundle = 'b';
constexpr char tag_domain = 'd';
constexpr char tag_federated = 'f';
constexpr char tag_crl = 'r';

constexpr std::size_t length_size = 4;
constexpr unsigned octet_bits = 8;
constexpr std::size_t item_head = 1 + length_size;

void put_head(char* at, char tag, std::size_t length) {
  *at++ = tag;
  for (std::size_t i = length_size; i-- > 0;) {
    *at++ = static_cast<char>(static_cast<unsigned char>(length >> (i * octet_bits)));
  }
}

std::size_t length_in(const char* head) {
  std::size_t length = 0;
  for (std::size_t i = 1; i <= length_size; ++i) {
    length = length << octet_bits | static_cast<unsigned char>(head[i]);
  }
  return length;
}

struct Item {
  char tag;
  std::string_view content;
};

std::vector<Item> items_of(const Update& update) {
  std::vector<Item> items;
  for (const Svid& svid : update.svids) {
    items.push_back({tag_id, svid.id});
    items.push_back({tag_chain, as_text(svid.chain)});
    items.push_back({tag_key, svid.key.view()});
    items.push_back({tag_bundle, as_text(svid.bundle)});
  }
  for (const FederatedBundle& other : update.federated) {
    items.push_back({tag_domain, other.domain});
    items.push_back({tag_federated, as_text(other.bundle)});
  }
  for (const Bytes& crl : update.crls) {
    items.push_back({tag_crl, as_text(crl)});
  }
  return items;
}

template <class... Args>
tl::unexpected<Error> malformed(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::network, format, std::forward<Args>(args)...);
}

/// SPIFFE Workload API section 4.5: what lacks something mandatory is discarded.
Result<void> check(const Update& update) {
  if (update.svids.empty()) {
    return malformed("no SVID is in it");
  }
  if (update.svids.size() + update.federated.size() + update.crls.size() > most_items) {
    return malformed("it has more than {} SVIDs, bundles and CRLs", most_items);
  }
  for (const Svid& svid : update.svids) {
    const char* lacks = svid.id.empty()           ? "a SPIFFE ID"
                        : svid.chain.empty()      ? "a certificate"
                        : svid.key.view().empty() ? "a private key"
                        : svid.bundle.empty()     ? "a bundle"
                                                  : nullptr;
    if (lacks != nullptr) {
      return malformed("an SVID of it is without {}", lacks);
    }
  }
  return {};
}

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

bool add(Update& update, char tag, std::string_view content) {
  Svid* svid = update.svids.empty() ? nullptr : &update.svids.back();
  if (tag == tag_id) {
    update.svids.emplace_back().id = content;
  } else if (tag == tag_domain) {
    update.federated.emplace_back().domain = content;
  } else if (tag == tag_crl) {
    update.crls.push_back(bytes_of(content));
  } else if (tag == tag_federated && !update.federated.empty()) {
    update.federated.back().bundle = bytes_of(content);
  } else if (tag == tag_chain && svid != nullptr) {
    svid->chain = bytes_of(content);
  } else if (tag == tag_key && svid != nullptr) {
    svid->key = x509::Secret(content);
  } else if (tag == tag_bundle && svid != nullptr) {
    svid->bundle = bytes_of(content);
  } else {
    return false;
  }
  return update.svids.size() + update.federated.size() + update.crls.size() <= most_items;
}

Result<Update> read_update(std::string_view rest) {
  Update update;
  while (!rest.empty()) {
    if (rest.size() < item_head || length_in(rest.data()) > rest.size() - item_head) {
      return malformed("it ends in the middle");
    }
    const std::size_t length = length_in(rest.data());
    if (!add(update, rest.front(), rest.substr(item_head, length))) {
      return malformed("it is not made as it has to be");
    }
    rest.remove_prefix(item_head + length);
  }
  if (auto good = check(update); !good) {
    return tl::unexpected(good.error());
  }
  return update;
}

}  // namespace

Result<x509::Secret> write(const Update& update) {
  if (auto good = check(update); !good) {
    return tl::unexpected(good.error());
  }
  const std::vector<Item> items = items_of(update);
  std::size_t size = 0;
  for (const Item& item : items) {
    size += item_head + item.content.size();
  }
  if (size > largest_frame) {
    return malformed("it has more than {} bytes", largest_push);
  }
  x509::Secret frame(item_head + size);
  char* at = frame.data();
  put_head(at, of_update, size);
  at += item_head;
  for (const Item& item : items) {
    put_head(at, item.tag, item.content.size());
    at = std::copy(item.content.begin(), item.content.end(), at + item_head);
  }
  return frame;
}

std::string write(const Trouble& trouble) {
  const std::string_view sentence = std::string_view(trouble.sentence).substr(0, longest_sentence);
  std::string frame(item_head, '\0');
  put_head(frame.data(), of_trouble, sentence.size());
  return frame.append(sentence);
}

std::span<char> FrameReader::wanted() {
  return body_ ? std::span(body_->data(), body_->view().size()).subspan(have_)
               : std::span(head_).subspan(have_);
}

Result<std::optional<Message>> FrameReader::got(std::size_t count) {
  have_ += std::min(count, wanted().size());
  if (!wanted().empty()) {
    return std::optional<Message>();
  }
  if (!body_) {
    const std::size_t length = length_in(head_.data());
    const std::size_t most = head_.front() == of_trouble ? longest_sentence : largest_frame;
    if ((head_.front() != of_update && head_.front() != of_trouble) || length > most) {
      lost_ = true;
      have_ = 0;
      return malformed("what it says is no frame");
    }
    have_ = 0;
    body_.emplace(length);
    if (length > 0) {
      return std::optional<Message>();
    }
  }
  return complete();
}

Result<std::optional<Message>> FrameReader::complete() {
  const x509::Secret body = std::move(*body_);
  body_.reset();
  have_ = 0;
  if (head_.front() == of_trouble) {
    return std::optional<Message>(Trouble{std::string(body.view())});
  }
  auto update = read_update(body.view());
  if (!update) {
    return tl::unexpected(update.error());
  }
  return std::optional<Message>(std::move(*update));
}

}  // namespace persona::spiffe
