/* SPDX-License-Identifier: MIT */
#include "display.h"

extern "C" {
#include "base/json.h"
}

#include <cstdlib>
#include <iostream>

namespace sgdmark {

Display::Display(bool its_json) : json(its_json), inner(benchmark::CreateDefaultDisplayReporter()) {
    if (json) inner->SetOutputStream(&piece);
}

bool Display::ReportContext(const Context &context) {
    const bool good = inner->ReportContext(context);
    show();
    return good;
}

void Display::ReportRuns(const std::vector<Run> &runs) {
    std::vector<Run> named(runs);
    for (Run &run : named)
        run.run_name.iterations.clear();
    inner->ReportRuns(named);
    show();
}

void Display::Finalize() {
    inner->Finalize();
    show();
}

void Display::show() {
    if (!json) return;
    std::unique_ptr<char, decltype(&free)> good(json_repair(piece.str().c_str()), free);
    piece.str("");
    if (good) std::cout << good.get() << std::flush;
}

} // namespace sgdmark
