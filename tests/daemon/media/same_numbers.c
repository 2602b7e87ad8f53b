/* To be preloaded: libc's random numbers for somebody who has guessed the seed. */
static unsigned number;

void srand(unsigned seed)
{
    (void)seed;
}

int rand(void)
{
    number = number * 1103515245 + 12345;
    return number >> 1;
}
