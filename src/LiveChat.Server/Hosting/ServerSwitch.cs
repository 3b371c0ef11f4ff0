namespace LiveChat.Server.Hosting;

/// <summary>A short form of an option on the server's command line.</summary>
/// <param name="Name">How it is written, with its dashes.</param>
/// <param name="Option">Which option it sets.</param>
/// <param name="Description">What it says of it to whoever asks for help.</param>
/// <param name="TakesValue">Whether a value follows; else it stands for <c>true</c>.</param>
public sealed record ServerSwitch(string Name, string Option, string Description, bool TakesValue = true);
