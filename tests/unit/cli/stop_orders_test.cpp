#include "cli/stop_orders.hpp"

#include <doctest/doctest.h>

using persona::Milliseconds;
using persona::cli::StopOrders;
using Meaning = persona::cli::StopOrders::Meaning;

TEST_CASE("orders to stop within a second are one, a later one cuts, and only once") {
  StopOrders orders;
  CHECK(!orders.any());
  CHECK(orders.received(Milliseconds(5'000)) == Meaning::drain);
  CHECK(orders.any());
  CHECK(orders.received(Milliseconds(5'000)) == Meaning::same);
  CHECK(orders.received(Milliseconds(5'999)) == Meaning::same);
  CHECK(!orders.forced());
  CHECK(orders.received(Milliseconds(6'000)) == Meaning::cut);
  CHECK(orders.forced());
  CHECK(orders.received(Milliseconds(6'001)) == Meaning::nothing);
  CHECK(orders.forced());
}

TEST_CASE("a second order long after the first cuts") {
  StopOrders orders;
  CHECK(orders.received(Milliseconds(0)) == Meaning::drain);
  CHECK(orders.received(Milliseconds(20'000)) == Meaning::cut);
}

TEST_CASE("a request to stop drains once; neither another one nor the first order after it cuts") {
  StopOrders orders;
  CHECK(orders.requested() == Meaning::drain);
  CHECK(orders.any());
  CHECK(orders.requested() == Meaning::nothing);
  CHECK(orders.received(Milliseconds(20'000)) == Meaning::nothing);
  CHECK(orders.requested() == Meaning::nothing);
  CHECK(!orders.forced());
  CHECK(orders.received(Milliseconds(21'000)) == Meaning::cut);
}

TEST_CASE("a request after an order to stop changes nothing") {
  StopOrders orders;
  CHECK(orders.received(Milliseconds(0)) == Meaning::drain);
  CHECK(orders.requested() == Meaning::nothing);
  CHECK(orders.received(Milliseconds(500)) == Meaning::same);
}
