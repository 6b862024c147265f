#include "engine/algorithm/model.h"

#include "kernels/core/contract/error.h"

namespace gan {

const char* name_of(Reading reading) {
  switch (reading) {
    case Reading::LossDReal: return "loss_d_real";
    case Reading::LossDFake: return "loss_d_fake";
    case Reading::LossG: return "loss_g";
    case Reading::DReal: return "d_real";
    case Reading::DFakeBefore: return "d_fake_before";
    case Reading::DFakeAfter: return "d_fake_after";
  }
  throw Error("unknown reading");
}

namespace {

GeneratorAndDiscriminator specs(const Model::Options& options) { return make_architecture(options.architecture); }

}  // namespace

Model::Model(const Options& options, StorageTable& storages)
    : table(storages),
      generator(specs(options).generator, storages, {.prefix = "generator", .trained = true, .real = options.real}),
      discriminator(specs(options).discriminator, storages,
                    {.prefix = "discriminator", .trained = true, .real = options.real}) {
  if (options.average)
    average.emplace(specs(options).generator, storages,
                    Network::Options{.prefix = "average", .trained = false, .real = options.real});
  const ImageShape& image = options.architecture.image;
  iteration = table.add({.name = "iteration", .shape = {}, .dtype = DType::U64, .persistent = true});
  fault = table.add({.name = "fault", .shape = {}, .dtype = DType::U64, .persistent = true});
  zero = table.add({.name = "zero", .shape = {}, .dtype = DType::U64, .persistent = true});
  dataset = table.add({.name = "dataset",
                       .shape = {options.dataset_count, image.height, image.width, image.channels},
                       .dtype = DType::U8,
                       .persistent = true});
  readings = table.add({.name = "readings", .shape = {kReadings}, .dtype = options.real, .persistent = true});
  for (int i = 0; i < kReadings; ++i) table.view(readings, i, {1}, name_of(static_cast<Reading>(i)));
}

Tensor Model::reading(Reading which) const {
  Tensor view = readings;
  view.offset = static_cast<int>(which);
  view.shape = {1};
  return view;
}

}  // namespace gan
