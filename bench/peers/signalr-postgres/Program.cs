using System.Globalization;
using SignalRPostgres;

// SignalRPostgres ADDRESS [CONNECTION-STRING PARALLEL]: without a connection string it stores nothing. It ends with the
// input, and prints where it listens.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]);
var isStored = args.Length > 1;
IMessageStore store = isStored ? await PostgresStore.OpenAsync(args[1]) : new NoStore();
builder.Services.AddSingleton(store);
builder.Services.AddSignalR(options =>
{
    options.MaximumParallelInvocationsPerClient = isStored ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
    options.ClientTimeoutInterval = TimeSpan.FromHours(1); // The load sends no pings.
}).AddMessagePackProtocol();
await using var app = builder.Build();
app.MapHub<ChatHub>("/chat");
await app.StartAsync();
Console.WriteLine("  url " + app.Urls.First());
Console.WriteLine("Ready.");
await Console.In.ReadToEndAsync();
