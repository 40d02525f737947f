#pragma once

namespace problem {
constexpr int kSide = 1024;
constexpr int kCells = kSide * kSide;
}  // namespace problem
