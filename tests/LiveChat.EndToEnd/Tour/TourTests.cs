using Xunit;

namespace LiveChat.EndToEnd.Tour;

/// <summary>The tour of the README.</summary>
public sealed class TourTests
{
    [Fact]
    public Task The_five_minutes_of_the_readme_are_true_word_for_word() =>
        TourRun.RunAsync(new Dictionary<string, string>());
}
