// What settings may not be together. What each may be by itself is the table's business.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "engine/settings/training_settings.h"
#include "kernels/core/contract/error.h"

namespace gan {

namespace {

/// Refusals do not depend on the channels, which may follow from the data later.
ModelOptions model_of(const TrainingOptions& o) { return model_options(o, o.channels); }

void check_model(const TrainingOptions& o) {
  if (const std::string trouble = misfit(model_of(o)); !trouble.empty()) throw InputError(trouble);
}

/// Every generator but mlp's has batch norm.
void check_batch(const TrainingOptions& o) {
  const bool compares = o.model != "mlp" || discriminator_norm(model_of(o)) == NormKind::Batch;
  if (compares && o.batch < 2)
    throw InputError(
        fmt::format("--batch: {} is too small for {}, whose batch norm compares images of a batch; "
                    "accepted are 2 to {}",
                    o.batch, o.model, kMostImagesAtOnce));
}

/// A penalty is on the gradient of each image's own verdict; batch norm makes it depend on the other images.
void check_penalty(const TrainingOptions& o) {
  const std::string_view penalty = o.objective == "wgan-gp" ? "--objective wgan-gp"
                                   : o.r1 > 0               ? "--r1"
                                   : o.r2 > 0               ? "--r2"
                                                            : "";
  if (!penalty.empty() && discriminator_norm(model_of(o)) == NormKind::Batch && !o.force_penalty)
    throw InputError(fmt::format(
        "{} with --norm batch{}: the penalty is on each image's own gradient, and batch norm makes it "
        "depend on the others of the batch; accepted are --norm none, layer and instance, or --force-penalty",
        penalty, o.norm == "auto" ? fmt::format(", which is {}'s own", o.model) : ""));
}

void check_length(const TrainingOptions& o) {
  const int lengths = (o.iterations != 0) + (o.epochs != 0) + (o.minutes != 0);
  if (lengths != 1)
    throw InputError(
        fmt::format("--iterations {}, --epochs {}, --minutes {}: accepted is exactly one of the three above 0",
                    o.iterations, o.epochs, o.minutes));
  if (o.minutes != 0 && o.lr_schedule != "constant" && !o.resume.empty())
    throw InputError(
        fmt::format("--lr-schedule {} with --minutes {} and --resume: the rate reaches 0 at the end of the run, whose "
                    "length is decided at its start; accepted are the run's own --iterations or --epochs",
                    o.lr_schedule, o.minutes));
}

void check_folder(const TrainingOptions& o) {
  if (!o.resume.empty() && !o.out.empty() && o.out != o.resume)
    throw InputError(
        fmt::format("--out {} with --resume {}: a resumed run goes on in its own folder; accepted is one of "
                    "the two",
                    o.out.string(), o.resume.string()));
}

}  // namespace

void check_options(const TrainingOptions& options) {
  TrainingOptions o = options;
  check_values(SettingTable(o, training_settings));
  check_model(o);
  check_batch(o);
  check_penalty(o);
  check_length(o);
  check_folder(o);
}

}  // namespace gan
