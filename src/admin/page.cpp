#include "page.hpp"

#include <string>
#include <string_view>

namespace persona::admin {

namespace {

#include "page.inc"

}  // namespace

Response page() {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = page_content;
  response.fields =
      "Content-Security-Policy: " + std::string(page_policy) + "\r\nReferrer-Policy: no-referrer\r\n";
  return response;
}

}  // namespace persona::admin
