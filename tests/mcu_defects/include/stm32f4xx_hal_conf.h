/* Configuration of the HAL, as a project has it. */
#ifndef STM32F4XX_HAL_CONF_H
#define STM32F4XX_HAL_CONF_H

#define HSE_VALUE 8000000U
#define TICK_INT_PRIORITY 15U

#endif
