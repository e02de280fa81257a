import Testing

@testable import Organisation

@Suite("The generator's quotas")
struct PopulationTests {
  @Test("the random source gives the published numbers")
  func source() {
    var source = SplitMix64(seed: 20_171_031)
    #expect(
      [source.next(), source.next(), source.next()] == [
        0x0013_b024_19a0_5816, 0x2630_d5df_7fee_a07d, 0x975b_9e4c_524a_fb65,
      ])
  }

  @Test("178 seniorities change places, and then nobody joined before 18 or owes from before joining")
  func repaired() {
    var source = SplitMix64(seed: 20_171_031)
    let population = Population(&source)
    #expect(population.people.count == 4215)
    #expect(population.swaps == 178)
    #expect(population.people.allSatisfy { $0.age - $0.seniority >= 18 })
    #expect(population.people.allSatisfy { $0.arrears <= 12 * $0.seniority + 6 })
    #expect([source.span(8, 32), source.span(8, 32), source.span(8, 32)] == [18, 26, 24])
  }
}
