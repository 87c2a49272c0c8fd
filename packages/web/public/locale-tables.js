// Run as a worker. The browser reads its tables of languages when a process first formats something, which takes longer than to
// draw a page: here it does so in another thread, while the application comes.
new Intl.RelativeTimeFormat("en").format(0, "day");
new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(0);
new Intl.NumberFormat("en").format(0);
close();
