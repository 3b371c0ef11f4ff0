using Microsoft.Extensions.Options;

namespace LiveChat.Server.Hosting;

/// <summary>Checks the options before anything starts.</summary>
[OptionsValidator]
internal sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;
